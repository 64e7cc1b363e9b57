package ${package};

import java.util.List;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.tck.ClientContract;
import org.cupule.types.IoRange;

/** What every client of I/O requests must do: a test for each check, with a reason and a hint where one fails. */
class ${deviceName}ContractTest extends ClientContract {
    @Override
    protected IoRequestClient client() {
        return new ${deviceName}(0);
    }

    @Override
    protected List<IoRange> ranges() {
        return List.of(IoRange.ports(0x300, 4));
    }
}
