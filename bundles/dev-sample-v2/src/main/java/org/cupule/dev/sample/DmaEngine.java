package org.cupule.dev.sample;

import java.util.Arrays;
import java.util.zip.CRC32;
import org.cupule.device.DeviceContext;
import org.cupule.state.ModelState;
import org.cupule.time.VmTimer;

/**
 * Moves bytes between guest memory and BUFFER, with their CRC and a histogram of their lengths.
 *
 * <pre>
 * DMA_STATUS   15       8 7     3   2       1      0
 *             +----------+-------+-------+------+------+
 *             |  reason  |   0   | ERROR | DONE | BUSY |
 *             +----------+-------+-------+------+------+
 * </pre>
 *
 * @threading confined to the device's gate
 */
final class DmaEngine {
    private static final int BUSY = 1;
    private static final int DONE = 2;
    private static final int ERROR = 4;
    private static final int STATUS_BITS = 0xFF07;

    private static final int FROM_GUEST = 1;
    private static final int TO_GUEST = 2;
    private static final int THROUGH = 3;

    private static final int NO_SUCH_COMMAND = 1;
    private static final int BAD_LENGTH = 2;
    private static final int BAD_SOURCE = 3;
    private static final int BAD_TARGET = 4;
    private static final int HISTOGRAM_COUNTERS = 16;

    private final DeviceContext context;
    private final Bytes buffer;
    private final Interrupts interrupts;
    private final VmTimer timer;
    private long source;
    private long target;
    private int length;
    private int command;
    private int status;
    private int sum;
    private int crc;
    private int count;
    private int delay;
    private final int[] histogram = new int[HISTOGRAM_COUNTERS];

    DmaEngine(DeviceContext context, Bytes buffer, Interrupts interrupts) {
        this.context = context;
        this.buffer = buffer;
        this.interrupts = interrupts;
        timer = context.timer("dma", this::end);
    }

    void reset() {
        timer.disarm();
        source = 0;
        target = 0;
        length = 0;
        command = 0;
        status = 0;
        sum = 0;
        crc = 0;
        count = 0;
        delay = 0;
        Arrays.fill(histogram, 0);
    }

    int read(int register) {
        return switch (register) {
            case Registers.DMA_SOURCE -> (int) source;
            case Registers.DMA_SOURCE + 4 -> (int) (source >>> 32);
            case Registers.DMA_TARGET -> (int) target;
            case Registers.DMA_TARGET + 4 -> (int) (target >>> 32);
            case Registers.DMA_LENGTH -> length;
            case Registers.DMA_COMMAND -> command;
            case Registers.DMA_STATUS -> status;
            case Registers.DMA_SUM -> sum;
            case Registers.DMA_CRC -> crc;
            case Registers.DMA_COUNT -> count;
            case Registers.DMA_DELAY -> delay;
            default -> 0;
        };
    }

    int histogram(int counter) {
        return histogram[counter];
    }

    void write(int register, int value) {
        if ((status & BUSY) != 0) {
            return;
        }
        switch (register) {
            case Registers.DMA_SOURCE -> source = low(source, value);
            case Registers.DMA_SOURCE + 4 -> source = high(source, value);
            case Registers.DMA_TARGET -> target = low(target, value);
            case Registers.DMA_TARGET + 4 -> target = high(target, value);
            case Registers.DMA_LENGTH -> length = value;
            case Registers.DMA_COMMAND -> start(value);
            case Registers.DMA_DELAY -> delay = value;
            default -> {
                // read-only
            }
        }
    }

    private static long low(long whole, int part) {
        return whole & 0xFFFF_FFFF_0000_0000L | Integer.toUnsignedLong(part);
    }

    private static long high(long whole, int part) {
        return Integer.toUnsignedLong(part) << 32 | whole & 0xFFFF_FFFFL;
    }

    private void start(int value) {
        command = value;
        status = BUSY;
        if (delay == 0) {
            end();
        } else {
            timer.arm(context.clock().nanos() + Integer.toUnsignedLong(delay));
        }
    }

    private void end() {
        int reason = move();
        status = reason == 0 ? DONE : ERROR | reason << 8;
        if (reason == 0) {
            sum = sum();
            crc = crc();
            histogram[31 - Integer.numberOfLeadingZeros(length)]++;
        }
        count++;
        interrupts.event(Interrupts.DMA_ENDED);
    }

    /** {@return 0, or the reason why not all was moved} */
    private int move() {
        if (command < FROM_GUEST || command > THROUGH) {
            return NO_SUCH_COMMAND;
        }
        if (length < 1 || length > Registers.BUFFER_BYTES) {
            return BAD_LENGTH;
        }
        if (command != TO_GUEST && !context.dma().read(source, buffer.array(), 0, length)) {
            return BAD_SOURCE;
        }
        return command != FROM_GUEST && !context.dma().write(target, buffer.array(), 0, length) ? BAD_TARGET : 0;
    }

    private int sum() {
        int total = 0;
        for (int i = 0; i < length; i++) {
            total += buffer.array()[i] & 0xFF;
        }
        return total;
    }

    private int crc() {
        var crc32 = new CRC32();
        crc32.update(buffer.array(), 0, length);
        return (int) crc32.getValue();
    }

    void save(ModelState.Builder state, int version) {
        state.put("dmaSource", source).put("dmaTarget", target).put("dmaLength", Integer.toUnsignedLong(length))
                .put("dmaCommand", Integer.toUnsignedLong(command)).put("dmaStatus", status)
                .put("dmaSum", Integer.toUnsignedLong(sum)).put("dmaCount", Integer.toUnsignedLong(count))
                .put("dmaDelay", Integer.toUnsignedLong(delay));
        if (version >= 2) {
            state.put("dmaCrc", Integer.toUnsignedLong(crc)).put("histogram",
                    Arrays.stream(histogram).mapToLong(Integer::toUnsignedLong).toArray());
        }
    }

    void restore(ModelState state) {
        source = state.number("dmaSource");
        target = state.number("dmaTarget");
        length = word(state, "dmaLength");
        command = word(state, "dmaCommand");
        status = (int) state.number("dmaStatus", 0, STATUS_BITS) & STATUS_BITS;
        sum = word(state, "dmaSum");
        count = word(state, "dmaCount");
        delay = word(state, "dmaDelay");
        crc = state.version() < 2 ? 0 : word(state, "dmaCrc");
        restoreHistogram(state.version() < 2
                ? new long[HISTOGRAM_COUNTERS]
                : state.longs("histogram", HISTOGRAM_COUNTERS));
    }

    private void restoreHistogram(long[] values) {
        for (int i = 0; i < HISTOGRAM_COUNTERS; i++) {
            histogram[i] = (int) values[i];
        }
    }

    private static int word(ModelState state, String name) {
        return (int) state.number(name, 0, 0xFFFF_FFFFL);
    }
}
