package ${package};

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.hsm.ioreq.IoHandler;
import org.junit.jupiter.api.Test;

class ${deviceName}Test {
    private static final int VM = 3;

    private final ${deviceName} client = new ${deviceName}(5);

    @Test
    void answersTheSettingAtFirst() {
        assertThat(client.attach(VM, "guest").handle(Access.read(0x300, 1))).isEqualTo(5);
    }

    @Test
    void answersWhatWasWrittenLast() {
        IoHandler handler = client.attach(VM, "guest");
        handler.handle(Access.write(0x300, 1, 0x2A));
        assertThat(handler.handle(Access.read(0x300, 1))).isEqualTo(0x2A);
    }

    @Test
    void holdsANumberForEachVm() {
        IoHandler one = client.attach(VM, "one");
        IoHandler other = client.attach(VM + 1, "other");
        one.handle(Access.write(0x300, 4, 7));
        assertThat(other.handle(Access.read(0x300, 4))).isEqualTo(5);
    }

    @Test
    void forgetsAVmThatItServesNoMore() {
        client.attach(VM, "guest");
        client.detach(VM);
        assertThat(client.values()).isEmpty();
    }
}
