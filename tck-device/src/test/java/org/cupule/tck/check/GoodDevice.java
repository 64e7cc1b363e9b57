package org.cupule.tck.check;

import java.util.HashMap;
import java.util.Map;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/**
 * A device that does all that the checks look at, and does it right; the broken ones override one thing each.
 *
 * <pre>
 *   BAR 0   00 id   04 scratch   08 cause (w1c)   0C enable   10 trigger   14 DMA address   18 length
 *           1C command: 1 from the guest, 2 to it   20 status: 1 done, 2 error   24 timer (us)   28 ticks   2C mode
 *   BAR 1   port 0: scratch, too
 * </pre>
 */
class GoodDevice implements Device, Mmio, PortIo {
    static final StateSchema SCHEMA = new StateSchema("org.cupule.good", java.util.Set.of(1, 2),
            java.util.Set.of(1, 2));
    static final int ID = 0;
    static final int SCRATCH = 0x04;
    static final int CAUSE = 0x08;
    static final int ENABLE = 0x0C;
    static final int TRIGGER = 0x10;
    static final int ADDRESS = 0x14;
    static final int LENGTH = 0x18;
    static final int COMMAND = 0x1C;
    static final int STATUS = 0x20;
    static final int TIMER = 0x24;
    static final int TICKS = 0x28;
    static final int MODE = 0x2C;
    static final int MODES = 3;
    private static final int MOST = 256;

    final DeviceContext context;
    final VmTimer timer;
    final Map<Integer, Integer> registers = new HashMap<>();

    GoodDevice(DeviceContext context) {
        this.context = context;
        this.timer = context.timer("tick", this::tick);
    }

    int get(int register) {
        return registers.getOrDefault(register, 0);
    }

    void set(int register, int value) {
        registers.put(register, value);
    }

    void tick() {
        set(TICKS, get(TICKS) + 1);
        cause(2);
    }

    void cause(int bits) {
        set(CAUSE, get(CAUSE) | bits & 3);
        for (int vector = 0; vector < 2; vector++) {
            if ((bits & get(ENABLE) & 1 << vector) != 0) {
                send(vector);
            }
        }
        pin();
    }

    void send(int vector) {
        context.msi(vector);
    }

    void pin() {
        context.line(0, (get(CAUSE) & get(ENABLE)) != 0);
    }

    void transfer(int command) {
        int length = get(LENGTH) & MOST - 1;
        long gpa = get(ADDRESS) & 0xFFFF_FFFFL;
        boolean done = command == 1
                ? context.dma().read(gpa, new byte[MOST], 0, length)
                : context.dma().write(gpa, new byte[MOST], 0, length);
        transferred(done);
    }

    void transferred(boolean done) {
        set(STATUS, done ? 1 : 2);
        cause(1);
    }

    @Override
    public long readMmio(int window, long offset, int size) {
        return size != 4 || offset % 4 != 0 ? -1 : read((int) offset);
    }

    int read(int register) {
        return register == ID ? 0x600D : get(register);
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        if (size == 4 && offset % 4 == 0) {
            write((int) offset, (int) value);
        }
    }

    void write(int register, int value) {
        switch (register) {
            case SCRATCH, ADDRESS, LENGTH -> set(register, value);
            case MODE -> set(MODE, value & MODES);
            case CAUSE -> {
                set(CAUSE, get(CAUSE) & ~value);
                pin();
            }
            case ENABLE -> {
                set(ENABLE, value & 3);
                pin();
            }
            case TRIGGER -> cause(value);
            case COMMAND -> transfer(value);
            case TIMER -> timer.arm(context.clock().nanos() + 1000L * (value & 0xFFFF));
            default -> {
                // no register
            }
        }
    }

    @Override
    public int readPort(int window, int offset, int size) {
        return offset == 0 && size == 4 ? read(SCRATCH) : -1;
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        if (offset == 0 && size == 4) {
            write(SCRATCH, value);
        }
    }

    @Override
    public void reset() {
        registers.clear();
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        var state = ModelState.of(SCHEMA.kind(), version).put("scratch", get(SCRATCH)).put("cause", get(CAUSE))
                .put("enable", get(ENABLE)).put("address", get(ADDRESS)).put("length", get(LENGTH))
                .put("status", get(STATUS)).put("mode", get(MODE));
        if (version > 1) {
            state.put("ticks", get(TICKS));
        }
        return more(state).build();
    }

    ModelState.Builder more(ModelState.Builder state) {
        return state;
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || !SCHEMA.reads().contains(state.version())) {
            throw new StateException("it reads versions 1 and 2 of its own state");
        }
        registers.clear();
        take(state, "scratch", SCRATCH, Integer.MIN_VALUE, Integer.MAX_VALUE);
        take(state, "cause", CAUSE, 0, 3);
        take(state, "enable", ENABLE, 0, 3);
        take(state, "address", ADDRESS, Integer.MIN_VALUE, Integer.MAX_VALUE);
        take(state, "length", LENGTH, Integer.MIN_VALUE, Integer.MAX_VALUE);
        take(state, "status", STATUS, 0, 2);
        takeMode(state);
        takeTicks(state);
    }

    void takeMode(ModelState state) {
        take(state, "mode", MODE, 0, MODES);
    }

    void takeTicks(ModelState state) {
        if (state.version() > 1) {
            take(state, "ticks", TICKS, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
    }

    final void take(ModelState state, String name, int register, int least, int most) {
        set(register, (int) state.number(name, least, most));
    }
}
