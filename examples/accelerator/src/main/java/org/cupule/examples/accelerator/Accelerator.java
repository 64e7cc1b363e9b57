package org.cupule.examples.accelerator;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.LongSupplier;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/**
 * Hashes guest memory (SHA-256): reads LENGTH bytes at SOURCE by DMA, writes the 32 bytes of the hash to TARGET, and
 * tells of it by message 0.
 *
 * <pre>
 *     offset  name     access
 *     0x00    ID       R       0x41505553: "SUPA"
 *     0x04    STATUS   RW1C    bit 0 BUSY (not cleared by a write), bit 1 DONE, bit 2 ERROR
 *     0x08    SOURCE   RW      64 bits: guest physical address
 *     0x10    TARGET   RW      64 bits: guest physical address
 *     0x18    LENGTH   RW      bytes, 1 to 65536
 *     0x1C    COMMAND  W       1: begins; nothing while BUSY. Reads 0
 *     0x20    JOBS     R       how many have ended, DONE or ERROR, modulo 2^32
 * </pre>
 *
 * Accesses of 4 bytes at multiples of 4, and of 8 bytes at SOURCE and TARGET; others read all ones and write nothing. A job
 * takes as long as its bytes take at the speed that the settings say; memory is read and written at its end. ERROR: the
 * length is out of its range, or SOURCE or TARGET is not wholly RAM (or the function is no bus master); memory is
 * unchanged then. Writes to SOURCE, TARGET and LENGTH do nothing while BUSY. INTA# is high while DONE or ERROR is 1; the
 * bus hides it while the guest has MSI on.
 *
 * @threading confined to the device's gate
 */
final class Accelerator implements Device, Mmio {
    static final StateSchema SCHEMA = StateSchema.first("org.cupule.examples.accelerator");
    static final int WINDOW_BYTES = 0x1000;
    static final int ID = 0x00;
    static final int STATUS = 0x04;
    static final int SOURCE = 0x08;
    static final int TARGET = 0x10;
    static final int LENGTH = 0x18;
    static final int COMMAND = 0x1C;
    static final int JOBS = 0x20;
    static final int ID_VALUE = 0x4150_5553;
    static final int BUSY = 1;
    static final int DONE = 2;
    static final int ERROR = 4;
    static final int MOST_BYTES = 65_536;
    private static final long WORD = 0xFFFF_FFFFL;

    private final DeviceContext context;
    private final LongSupplier nanosPerKib;
    private final VmTimer timer;
    private long source;
    private long target;
    private int length;
    private int status;
    private int jobs;

    /**
     * Makes an idle one.
     *
     * @param nanosPerKib
     *            how long it takes for 1024 bytes, in nanoseconds of VM time
     */
    Accelerator(DeviceContext context, LongSupplier nanosPerKib) {
        this.context = context;
        this.nanosPerKib = nanosPerKib;
        this.timer = context.timer("job", this::end);
    }

    @Override
    public void reset() {
        timer.disarm();
        source = 0;
        target = 0;
        length = 0;
        status = 0;
        jobs = 0;
    }

    @Override
    public long readMmio(int window, long offset, int size) {
        if (size == 8 && (offset == SOURCE || offset == TARGET)) {
            return offset == SOURCE ? source : target;
        }
        return size == 4 && offset % 4 == 0 ? read((int) offset) : -1;
    }

    private int read(int register) {
        return switch (register) {
            case ID -> ID_VALUE;
            case STATUS -> status;
            case SOURCE -> (int) source;
            case SOURCE + 4 -> (int) (source >>> 32);
            case TARGET -> (int) target;
            case TARGET + 4 -> (int) (target >>> 32);
            case LENGTH -> length;
            case COMMAND -> 0;
            case JOBS -> jobs;
            default -> -1;
        };
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        if (size == 8 && (offset == SOURCE || offset == TARGET)) {
            write((int) offset, value & WORD);
            write((int) offset + 4, value >>> 32);
        } else if (size == 4 && offset % 4 == 0) {
            write((int) offset, value & WORD);
        }
    }

    private void write(int register, long value) {
        if (register == STATUS) {
            status &= ~((int) value & (DONE | ERROR));
            context.line(0, (status & (DONE | ERROR)) != 0);
        } else if ((status & BUSY) == 0) {
            writeIdle(register, value);
        }
    }

    private void writeIdle(int register, long value) {
        switch (register) {
            case SOURCE -> source = source & ~WORD | value;
            case SOURCE + 4 -> source = source & WORD | value << 32;
            case TARGET -> target = target & ~WORD | value;
            case TARGET + 4 -> target = target & WORD | value << 32;
            case LENGTH -> length = (int) value;
            case COMMAND -> begin((int) value);
            default -> {
                // no register, or one that is only read
            }
        }
    }

    private void begin(int command) {
        if (command == 1) {
            status = BUSY;
            context.line(0, false);
            long bytes = Math.min(MOST_BYTES, Integer.toUnsignedLong(length));
            timer.arm(context.clock().nanos() + Math.max(1, bytes * nanosPerKib.getAsLong() / 1024));
        }
    }

    private void end() {
        status = hash() ? DONE : ERROR;
        jobs++;
        context.line(0, true);
        context.msi(0);
    }

    private boolean hash() {
        if (length < 1 || length > MOST_BYTES) {
            return false;
        }
        var bytes = new byte[length];
        return context.dma().read(source, bytes, 0, length)
                && context.dma().write(target, sha256().digest(bytes), 0, 32);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    /** A job that is going on goes with it: the platform carries the timer's deadline. */
    @Override
    public ModelState save(int version) {
        return ModelState.of(SCHEMA.kind(), version).put("source", source).put("target", target)
                .put("length", Integer.toUnsignedLong(length)).put("status", status)
                .put("jobs", Integer.toUnsignedLong(jobs)).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || !SCHEMA.reads().contains(state.version())) {
            throw new StateException("%s reads versions %s of its own state, not %s version %d"
                    .formatted(SCHEMA.kind(), SCHEMA.reads(), state.kind(), state.version()));
        }
        source = state.number("source");
        target = state.number("target");
        length = (int) state.number("length", 0, WORD);
        status = (int) state.number("status", 0, BUSY | DONE | ERROR);
        jobs = (int) state.number("jobs", 0, WORD);
    }
}
