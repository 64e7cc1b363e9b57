package org.cupule.dev.rtc;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * The MC146818 at an index port and a data port.
 *
 * <pre>
 * 00 seconds   01 its alarm   02 minutes   03 its alarm   04 hours   05 its alarm
 * 06 weekday   07 day   08 month   09 year   32 century
 *
 *       7      6     5     4     3      2        1       0
 * 0A   UIP  |   divider      |        rate                  |   divider 010: runs, 11x: held in reset
 * 0B   SET  | PIE | AIE | UIE | SQWE | binary | 24 hours | DSE
 * 0C   IRQF | PF  | AF  | UF  |             0               |   cleared by reading
 * 0D   VRT  |                       0                       |
 * 0E to 7F  memory
 * </pre>
 *
 * <p>
 * The flags of register C are computed when somebody looks, from the time since somebody last looked.
 *
 * @threading confined to the device's gate
 */
final class Mc146818 implements Device, PortIo {
    static final StateSchema SCHEMA = StateSchema.first("mc146818");

    private static final int BYTES = 128;
    private static final int A = 0x0A;
    private static final int B = 0x0B;
    private static final int C = 0x0C;
    private static final int D = 0x0D;
    private static final int CENTURY = 0x32;

    private static final int UIP = 0x80;
    private static final int DIVIDER = 0x70;
    private static final int RUNNING = 0x20;
    private static final int RATE = 0x0F;
    private static final int SET = 0x80;
    private static final int PERIODIC = 0x40;
    private static final int ALARM = 0x20;
    private static final int UPDATE = 0x10;
    private static final int FLAGS = PERIODIC | ALARM | UPDATE;
    private static final int IRQF = 0x80;
    private static final int VALID = 0x80;

    /** 32.768 kHz, 1024 periodic interrupts a second. */
    private static final int FIRST_A = 0x26;
    private static final int FIRST_B = Notation.HOURS_24;
    private static final long CRYSTAL_HERTZ = 32_768;
    /** "Update Cycle": UIP is high 244 microseconds before an update, which takes 1984. */
    private static final long UPDATE_NANOS = 244_000 + 1_984_000;
    /** "Divider control bits": when the divider is let go the first update comes after half a second. */
    private static final long HALF_SECOND = ClockFace.SECOND / 2;

    private final DeviceContext context;
    private final VmTimer timer;
    private final ClockFace face;
    private byte[] memory = new byte[BYTES];
    private boolean furnished;
    private int index;
    private int registerA = FIRST_A;
    private int registerB = FIRST_B;
    private int flags;
    private long seen;

    Mc146818(DeviceContext context) {
        this.context = context;
        timer = context.timer("interrupt", this::due);
        face = new ClockFace(context.clock().epochSeconds());
    }

    /**
     * Time, calendar and memory have a battery. The rest is what the chip's reset and a PC's firmware leave.
     */
    @Override
    public void reset() {
        long now = now();
        if (face.held()) {
            face.release(now, notation());
        }
        registerA = FIRST_A;
        registerB = FIRST_B;
        flags = 0;
        index = 0;
        seen = now;
    }

    private long now() {
        return context.clock().nanos();
    }

    private Notation notation() {
        return new Notation(registerB);
    }

    @Override
    public int readPort(int window, int offset, int size) {
        furnish();
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (offset + i == 0 ? 0xFF : read(index & 0x7F)) << 8 * i;
        }
        return value;
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        furnish();
        for (int i = 0; i < size; i++) {
            int part = value >>> 8 * i & 0xFF;
            if (offset + i == 0) {
                index = part; // bit 7 masks NMI on a PC; nothing here sends one
            } else {
                write(index & 0x7F, part);
            }
        }
    }

    /** {@return the field of the clock face that a register shows, or -1} */
    private static int field(int register) {
        return switch (register) {
            case 0, 2, 4 -> register / 2;
            case 6, 7, 8, 9 -> register - 3;
            case CENTURY -> ClockFace.CENTURY;
            default -> -1;
        };
    }

    private int read(int register) {
        int field = field(register);
        if (field >= 0) {
            return face.read(field, now(), notation());
        }
        return switch (register) {
            case A -> registerA | (updating() ? UIP : 0);
            case B -> registerB;
            case C -> readFlags();
            case D -> VALID;
            default -> memory[register] & 0xFF;
        };
    }

    private void write(int register, int value) {
        long now = now();
        catchUp(now);
        int field = field(register);
        if (field >= 0) {
            face.write(field, value, now, notation());
        } else if (register == A) {
            writeA(now, value & ~UIP);
        } else if (register == B) {
            writeB(now, value);
        } else if (register != C && register != D) {
            memory[register] = (byte) value;
        }
        update(now);
    }

    private void writeA(long now, int value) {
        boolean begins = !divides() && (value & DIVIDER) == RUNNING;
        boolean stops = divides() && (value & DIVIDER) != RUNNING;
        registerA = value;
        if (begins) {
            face.align(now, HALF_SECOND);
        }
        if (begins && face.held() && (registerB & SET) == 0) {
            face.release(now, notation());
        }
        if (stops && !face.held()) {
            face.hold(now, notation());
        }
    }

    private void writeB(long now, int value) {
        boolean set = (value & SET) != 0;
        if (set && !face.held()) {
            face.hold(now, notation());
        }
        registerB = set ? value & ~UPDATE : value;
        if (!set && face.held() && divides()) {
            face.release(now, notation());
        }
    }

    private boolean divides() {
        return (registerA & DIVIDER) == RUNNING;
    }

    private boolean updating() {
        return !face.held() && face.phase(now()) >= ClockFace.SECOND - UPDATE_NANOS;
    }

    private int readFlags() {
        long now = now();
        catchUp(now);
        int value = flags | (interrupting() ? IRQF : 0);
        flags = 0;
        update(now);
        return value;
    }

    private boolean interrupting() {
        return (flags & registerB & FLAGS) != 0;
    }

    /** Sets the flags of what has happened since somebody last looked. */
    private void catchUp(long now) {
        if (periods(now) > periods(seen)) {
            flags |= PERIODIC;
        }
        long before = face.seconds(seen);
        long present = face.seconds(now);
        if (!face.held() && present > before) {
            boolean alarm = ClockFace.nextAlarm(before, alarm(), notation()) <= present;
            flags |= UPDATE | (alarm ? ALARM : 0);
        }
        seen = now;
    }

    private int[] alarm() {
        return new int[]{memory[1] & 0xFF, memory[3] & 0xFF, memory[5] & 0xFF};
    }

    /** {@return pulses of the crystal in a period: 1 and 2 are as 8 and 9 ("Periodic Interrupt Rate"); 0 for none} */
    private long periodPulses() {
        int rate = registerA & RATE;
        return rate == 0 || !divides() ? 0 : 1L << (rate < 3 ? rate + 6 : rate - 1);
    }

    private long periods(long nanos) {
        long pulses = periodPulses();
        return pulses == 0 ? 0 : VmClock.ticks(Math.max(0, nanos - face.origin()), CRYSTAL_HERTZ) / pulses;
    }

    /** Sets the line, and where it is low waits for the next thing that may raise it. */
    private void update(long now) {
        context.line(0, interrupting());
        long next = interrupting() ? VmTimer.NEVER : Math.min(nextPeriod(now), nextSecond(now));
        if (next == VmTimer.NEVER) {
            timer.disarm();
        } else {
            timer.arm(next);
        }
    }

    private long nextPeriod(long now) {
        if ((registerB & PERIODIC) == 0 || periodPulses() == 0) {
            return VmTimer.NEVER;
        }
        return face.origin() + VmClock.nanosAt((periods(now) + 1) * periodPulses(), CRYSTAL_HERTZ);
    }

    private long nextSecond(long now) {
        if (face.held() || (registerB & (ALARM | UPDATE)) == 0) {
            return VmTimer.NEVER;
        }
        long nextUpdate = now + ClockFace.SECOND - face.phase(now);
        if ((registerB & UPDATE) != 0) {
            return nextUpdate;
        }
        long present = face.seconds(now);
        long alarm = ClockFace.nextAlarm(present, alarm(), notation());
        return alarm == Long.MAX_VALUE ? VmTimer.NEVER : nextUpdate + (alarm - present - 1) * ClockFace.SECOND;
    }

    private void due() {
        long now = now();
        catchUp(now);
        update(now);
    }

    private void furnish() {
        if (!furnished) {
            furnished = true;
            Cmos.furnish(memory, context.machine());
        }
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        furnish();
        var state = ModelState.of(SCHEMA.kind(), 1).put("memory", memory).put("index", index)
                .put("registerA", registerA).put("registerB", registerB).put("flags", flags).put("seen", seen);
        face.save(state);
        return state.build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("mc146818 reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        memory = state.bytes("memory", BYTES);
        furnished = true;
        index = (int) state.number("index", 0, 0xFF);
        registerA = (int) state.number("registerA", 0, 0x7F);
        registerB = (int) state.number("registerB", 0, 0xFF);
        flags = (int) state.number("flags", 0, FLAGS) & FLAGS;
        seen = state.number("seen", 0, Long.MAX_VALUE / 2);
        face.restore(state);
    }
}
