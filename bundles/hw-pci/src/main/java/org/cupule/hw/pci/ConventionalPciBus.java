package org.cupule.hw.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.cupule.pci.PciBus;
import org.cupule.pci.PciBusContext;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * A hierarchy of type 0 functions. Each function has 4096 bytes of configuration space, of which the first 256 exist:
 * behind them the first extended capability reads 0 ("none"), the rest all ones ({@code hsm.md} 15.6).
 *
 * @threading any thread
 */
final class ConventionalPciBus implements PciBus {
    static final StateSchema SCHEMA = StateSchema.first("pci-bus");
    private static final Bdf HOST_BRIDGE = new Bdf(0, 0, 0);
    private static final int EXTENDED = ConfigSpace.LENGTH;

    private final PciBusContext context;
    private final Map<Bdf, ConventionalFunction> functions = new ConcurrentSkipListMap<>();

    ConventionalPciBus(PciBusContext context) {
        this.context = context;
        functions.put(HOST_BRIDGE, new ConventionalFunction(HOST_BRIDGE, TypeZero.hostBridge(), TypeZero.bridgeSpace(),
                context));
    }

    @Override
    public PciFunction add(Bdf address, PciFunctionSpec spec) {
        var function = new ConventionalFunction(address, spec, TypeZero.space(spec), context);
        var taken = functions.putIfAbsent(address, function);
        if (taken != null) {
            throw new HsmException(Errno.EEXIST, "pci", "%s is taken by %04x:%04x: choose another address"
                    .formatted(address, taken.spec().vendor(), taken.spec().device()));
        }
        return function;
    }

    @Override
    public void remove(Bdf address) {
        if (address.equals(HOST_BRIDGE)) {
            throw new HsmException(Errno.EINVAL, "pci", "00:00.0 is the host bridge, which stays as long as the bus");
        }
        var function = functions.remove(address);
        if (function != null) {
            function.leave();
        }
    }

    @Override
    public int read(Bdf address, int register, int size) {
        int none = size == 4 ? -1 : (1 << 8 * size) - 1;
        var function = functions.get(address);
        if (function == null || !whole(register, size)) {
            return none;
        }
        if (register >= EXTENDED) {
            return register < EXTENDED + 4 ? 0 : none;
        }
        return function.read(register, size) | multiFunction(address, register, size);
    }

    /** {@return bit 7 of the header type, where the access covers it: function 0 says that the device has others} */
    private int multiFunction(Bdf address, int register, int size) {
        int byteAt = TypeZero.HEADER_TYPE - register;
        boolean covered = byteAt >= 0 && byteAt < size;
        return covered && hasSiblings(address) ? TypeZero.MULTI_FUNCTION << 8 * byteAt : 0;
    }

    private boolean hasSiblings(Bdf address) {
        return functions.keySet().stream().anyMatch(other -> other.function() != address.function()
                && other.device() == address.device() && other.bus() == address.bus());
    }

    @Override
    public void write(Bdf address, int register, int size, int value) {
        var function = functions.get(address);
        if (function != null && whole(register, size) && register < EXTENDED) {
            function.write(register, size, value);
        }
    }

    private static boolean whole(int register, int size) {
        return register >= 0 && register < 4096 && (register & 3) + size <= 4;
    }

    @Override
    public void reset() {
        functions.values().forEach(ConventionalFunction::reset);
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        var states = new ArrayList<ModelState>();
        functions.values().forEach(function -> states.add(function.save()));
        return ModelState.of(SCHEMA.kind(), 1).put("functions", states).build();
    }

    /** Looks at everything before it changes anything: what was told to the context cannot be taken back. */
    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("pci-bus reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        List<ModelState> states = state.list("functions");
        states.forEach(each -> find(each).check(each));
        if (states.stream().map(this::find).distinct().count() != functions.size()
                || states.size() != functions.size()) {
            throw new StateException("pci-bus: the state has %d functions, the bus has %s".formatted(states.size(),
                    functions.keySet()));
        }
        states.forEach(each -> find(each).restore(each));
    }

    private ConventionalFunction find(ModelState state) {
        Bdf address = Bdf.of((int) state.number("address", 0, 0xFFFF));
        var function = functions.get(address);
        if (function == null) {
            throw new StateException("pci-bus: the state has a function at %s, the bus has none".formatted(address));
        }
        return function;
    }
}
