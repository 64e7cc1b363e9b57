package org.cupule.dev.sample;

import java.util.Set;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * The sample device, model 2: model 1 with a CRC and a histogram of DMA, and 64 bits of timer ticks. What each register
 * does is said in the data sheet (the README of dev-sample).
 *
 * @threading confined to the device's gate
 */
final class Sample implements Device, Mmio, PortIo {
    static final StateSchema SCHEMA = new StateSchema("org.cupule.sample", Set.of(1, 2), Set.of(1, 2));
    private static final int MODEL = 2;
    /** CRC, wide ticks, histogram. */
    private static final int FEATURES = 7;
    private static final int SCRATCH_BYTES = 8;
    private static final int VISIBLE_BUFFER_BYTES = 2048;

    private final DeviceContext context;
    private final Bytes scratch = new Bytes(SCRATCH_BYTES);
    private final Bytes buffer = new Bytes(Registers.BUFFER_BYTES);
    private final Lanes lanes = new Lanes();
    private final Interrupts interrupts;
    private final DmaEngine dma;
    private final PeriodTimer timer;
    private int misuse;
    private int doorbells;
    private int position;

    Sample(DeviceContext context) {
        this.context = context;
        interrupts = new Interrupts(context);
        dma = new DmaEngine(context, buffer, interrupts);
        timer = new PeriodTimer(context, interrupts);
    }

    @Override
    public void reset() {
        scratch.clear();
        buffer.clear();
        lanes.reset();
        interrupts.reset();
        dma.reset();
        timer.reset();
        misuse = 0;
        doorbells = 0;
        position = 0;
    }

    @Override
    public long readMmio(int window, long offset, int size) {
        int at = (int) offset;
        if (scratch.contains(offset - Registers.SCRATCH, size)) {
            return scratch.get(at - Registers.SCRATCH, size);
        }
        if (inBuffer(at, size)) {
            return buffer.get(at - Registers.BUFFER, size);
        }
        if (size == 8 && at == Registers.NOW) {
            return context.clock().nanos();
        }
        if (size == 8 && at % 8 == 0) {
            return readWord(at) & 0xFFFF_FFFFL | (long) readWord(at + 4) << 32;
        }
        return size == 4 && at % 4 == 0 ? readWord(at) : misused();
    }

    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        int at = (int) offset;
        if (scratch.contains(offset - Registers.SCRATCH, size)) {
            scratch.put(at - Registers.SCRATCH, size, value);
        } else if (inBuffer(at, size)) {
            buffer.put(at - Registers.BUFFER, size, value);
        } else if (size == 8 && at % 8 == 0) {
            writeWord(at, (int) value);
            writeWord(at + 4, (int) (value >>> 32));
        } else if (size == 4 && at % 4 == 0) {
            writeWord(at, (int) value);
        } else {
            misused();
        }
    }

    private static boolean inBuffer(int at, int size) {
        return at >= Registers.BUFFER && at + size <= Registers.BUFFER + VISIBLE_BUFFER_BYTES;
    }

    @Override
    public int readPort(int window, int offset, int size) {
        if (scratch.contains(offset - Registers.PORT_SCRATCH, size)) {
            return (int) scratch.get(offset - Registers.PORT_SCRATCH, size);
        }
        if (offset == Registers.PORT_DATA) {
            return readData(size);
        }
        int register = size == 4 && offset % 4 == 0 ? Registers.mirrored(offset) : -1;
        return register < 0 ? misused() : readWord(register);
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        int register = size == 4 && offset % 4 == 0 ? Registers.mirrored(offset) : -1;
        if (scratch.contains(offset - Registers.PORT_SCRATCH, size)) {
            scratch.put(offset - Registers.PORT_SCRATCH, size, value);
        } else if (offset == Registers.PORT_DATA) {
            writeData(size, value);
        } else if (register < 0) {
            misused();
        } else {
            writeWord(register, value);
        }
    }

    private int readData(int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= (int) buffer.get(nextPosition(), 1) << 8 * i;
        }
        return value;
    }

    private void writeData(int size, int value) {
        for (int i = 0; i < size; i++) {
            buffer.put(nextPosition(), 1, value >>> 8 * i);
        }
    }

    private int nextPosition() {
        int now = position;
        position = position + 1 & Registers.BUFFER_BYTES - 1;
        return now;
    }

    private int misused() {
        misuse++;
        return -1;
    }

    private int readWord(int register) {
        if (register >= Registers.LANES && register < Registers.LANES_END) {
            return lanes.read(register - Registers.LANES >> 5, register & 0x1F);
        }
        if (register >= Registers.HISTOGRAM && register < Registers.HISTOGRAM_END) {
            return dma.histogram((register - Registers.HISTOGRAM) / 4);
        }
        return switch (register) {
            case Registers.ID -> Registers.ID_VALUE;
            case Registers.MODEL -> MODEL;
            case Registers.FEATURES -> FEATURES;
            case Registers.RESET, Registers.TRIGGER -> 0;
            case Registers.MISUSE -> misuse;
            case Registers.DOORBELL -> doorbells;
            case Registers.POSITION -> position;
            case Registers.CAUSE -> interrupts.cause();
            case Registers.ENABLE -> interrupts.enabled();
            case Registers.VECTORS -> interrupts.vectors();
            case Registers.MESSAGES -> interrupts.messages();
            case Registers.NOW -> (int) context.clock().nanos();
            case Registers.NOW + 4 -> (int) (context.clock().nanos() >>> 32);
            default -> readBlock(register);
        };
    }

    private int readBlock(int register) {
        if (register >= Registers.DMA_SOURCE && register <= Registers.DMA_DELAY) {
            return dma.read(register);
        }
        if (register >= Registers.TIMER_PERIOD && register <= Registers.TIMER_TICKS_HIGH) {
            return timer.read(register);
        }
        return misused();
    }

    private void writeWord(int register, int value) {
        if (register >= Registers.LANES && register < Registers.LANES_END) {
            lanes.write(register - Registers.LANES >> 5, register & 0x1F, value);
            return;
        }
        switch (register) {
            case Registers.RESET -> resetWhen(value);
            case Registers.MISUSE -> misuse = 0;
            case Registers.DOORBELL -> doorbell();
            case Registers.POSITION -> position = value & Registers.BUFFER_BYTES - 1;
            case Registers.CAUSE -> interrupts.acknowledge(value);
            case Registers.ENABLE -> interrupts.enable(value);
            case Registers.TRIGGER -> interrupts.trigger(value);
            case Registers.VECTORS -> interrupts.vectors(value);
            case Registers.ID, Registers.MODEL, Registers.FEATURES, Registers.MESSAGES, Registers.NOW, Registers.NOW
                    + 4 -> {
                // read-only
            }
            default -> writeBlock(register, value);
        }
    }

    private void writeBlock(int register, int value) {
        if (register >= Registers.DMA_SOURCE && register <= Registers.DMA_DELAY) {
            dma.write(register, value);
        } else if (register >= Registers.TIMER_PERIOD && register <= Registers.TIMER_TICKS_HIGH) {
            timer.write(register, value);
        } else if (register < Registers.HISTOGRAM || register >= Registers.HISTOGRAM_END) {
            misused();
        }
    }

    private void resetWhen(int value) {
        if (value == 1) {
            reset();
        }
    }

    private void doorbell() {
        doorbells++;
        interrupts.event(Interrupts.DOORBELL);
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        var state = ModelState.of(SCHEMA.kind(), version).put("scratch", scratch.array()).put("buffer", buffer.array())
                .put("misuse", Integer.toUnsignedLong(misuse)).put("doorbells", Integer.toUnsignedLong(doorbells))
                .put("position", position);
        lanes.save(state);
        interrupts.save(state);
        dma.save(state, version);
        timer.save(state, version);
        return state.build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || !SCHEMA.reads().contains(state.version())) {
            throw new StateException("the sample device reads versions %s of its own state, not %s version %d"
                    .formatted(SCHEMA.reads(), state.kind(), state.version()));
        }
        scratch.set(state.bytes("scratch", SCRATCH_BYTES));
        buffer.set(state.bytes("buffer", Registers.BUFFER_BYTES));
        misuse = (int) state.number("misuse", 0, 0xFFFF_FFFFL);
        doorbells = (int) state.number("doorbells", 0, 0xFFFF_FFFFL);
        position = (int) state.number("position", 0, Registers.BUFFER_BYTES - 1L);
        lanes.restore(state);
        interrupts.restore(state);
        dma.restore(state);
        timer.restore(state);
    }
}
