package org.cupule.dev.uart;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/**
 * The 16550A UART at eight ports.
 *
 * <pre>
 * offset   read                        write                       (DLAB: bit 7 of the line control register)
 *   0      RBR, DLAB: divisor low      THR, DLAB: divisor low
 *   1      IER, DLAB: divisor high     IER, DLAB: divisor high
 *   2      IIR                         FCR
 *   3      LCR                         LCR
 *   4      MCR                         MCR
 *   5      LSR                         -
 *   6      MSR                         -
 *   7      SCR                         SCR
 * </pre>
 *
 * <p>
 * The line is as fast as the host: a character takes no time, so the transmitter is busy only while the host takes no
 * bytes. Then THRE stays low and nothing is lost. The receiver fetches from the host only what it has room for, so it
 * overruns in loopback alone. Bytes are always 8 bits wide, whatever LCR says: many guests never program it.
 *
 * <p>
 * Source: PC16550D data sheet, "Registers" and "FIFO Mode Operation".
 *
 * @threading confined to the device's gate
 */
final class Uart16550 implements Device, PortIo {
    static final StateSchema SCHEMA = StateSchema.first("uart16550");

    private static final int IER_RECEIVED = 0x01;
    private static final int IER_TRANSMITTED = 0x02;
    private static final int IER_LINE = 0x04;
    private static final int IER_MODEM = 0x08;

    private static final int IIR_NONE = 0x01;
    private static final int IIR_LINE = 0x06;
    private static final int IIR_RECEIVED = 0x04;
    private static final int IIR_TIMEOUT = 0x0C;
    private static final int IIR_TRANSMITTED = 0x02;
    private static final int IIR_MODEM = 0x00;
    private static final int IIR_FIFOS = 0xC0;

    private static final int FCR_ENABLE = 0x01;
    private static final int FCR_CLEAR_RECEIVER = 0x02;
    private static final int FCR_CLEAR_TRANSMITTER = 0x04;
    private static final int FCR_KEPT = 0xC9;

    private static final int LCR_BREAK = 0x40;
    private static final int LCR_DLAB = 0x80;
    private static final int LSR_THRE = 0x20;
    private static final int LSR_TEMT = 0x40;

    /** What a PC's firmware leaves: 9600 baud. The chip's own power-on value is undefined. */
    private static final int FIRST_DIVISOR = 12;
    /**
     * The chip has room for 16; the rest is for guests that do not look at THRE, as they need not on a line that is
     * never busy.
     */
    private static final int UNSENT_BYTES = 1024;
    private static final long RETRY_LEAST = 20_000;
    private static final long RETRY_MOST = 1_000_000;
    private static final int[] TRIGGER = {1, 4, 8, 14};

    private final DeviceContext context;
    private final long referenceHertz;
    private final VmTimer timeoutTimer;
    private final VmTimer retryTimer;
    private final Receiver receiver = new Receiver();
    private final ModemLines modem = new ModemLines();
    private final ByteQueue unsent = new ByteQueue(UNSENT_BYTES);
    private int interruptEnable;
    private int fifoControl;
    private int lineControl;
    private int modemControl;
    private int scratch;
    private int divisor = FIRST_DIVISOR;
    private boolean transmitted;
    private boolean timedOut;
    private boolean listening;

    Uart16550(DeviceContext context, long referenceHertz) {
        this.context = context;
        this.referenceHertz = referenceHertz;
        timeoutTimer = context.timer("timeout", this::characterTimeout);
        retryTimer = context.timer("retry", this::retry);
    }

    @Override
    public void reset() {
        interruptEnable = 0;
        fifoControl = 0;
        lineControl = 0;
        modemControl = 0;
        scratch = 0;
        divisor = FIRST_DIVISOR;
        transmitted = false;
        timedOut = false;
        listening = false;
        receiver.reset();
        modem.reset();
        unsent.clear();
        update();
    }

    @Override
    public int readPort(int window, int offset, int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= read(offset + i) << 8 * i;
        }
        update();
        return value;
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        for (int i = 0; i < size; i++) {
            write(offset + i, value >>> 8 * i & 0xFF);
        }
        update();
    }

    private int read(int offset) {
        return switch (offset) {
            case 0 -> divisorLatch() ? divisor & 0xFF : readReceived();
            case 1 -> divisorLatch() ? divisor >> 8 : interruptEnable;
            case 2 -> readIdentification();
            case 3 -> lineControl;
            case 4 -> modemControl;
            case 5 -> readLineStatus();
            case 6 -> modem.read();
            default -> scratch;
        };
    }

    private void write(int offset, int value) {
        switch (offset) {
            case 0 -> writeFirst(value);
            case 1 -> writeSecond(value);
            case 2 -> writeFifoControl(value);
            case 3 -> writeLineControl(value);
            case 4 -> writeModemControl(value);
            case 7 -> scratch = value;
            default -> {
                // LSR and MSR are for reading; writing them is for the maker's tests
            }
        }
    }

    private void writeFirst(int value) {
        if (divisorLatch()) {
            divisor = divisor & 0xFF00 | value;
        } else {
            transmit(value);
        }
    }

    private void writeSecond(int value) {
        if (divisorLatch()) {
            divisor = value << 8 | divisor & 0xFF;
            return;
        }
        int switchedOn = value & ~interruptEnable;
        interruptEnable = value & 0x0F;
        if ((switchedOn & IER_RECEIVED) != 0) {
            listen();
        }
        // "Interrupt Enable Register": enabling it while the holding register is empty gives the interrupt at once
        transmitted |= (switchedOn & IER_TRANSMITTED) != 0 && unsent.isEmpty();
    }

    private void writeFifoControl(int value) {
        boolean enable = (value & FCR_ENABLE) != 0;
        boolean switched = ((value ^ fifoControl) & FCR_ENABLE) != 0;
        if (switched) {
            receiver.fifo(enable);
        }
        if (enable && (value & FCR_CLEAR_RECEIVER) != 0) {
            receiver.clear();
        }
        if (switched || enable && (value & FCR_CLEAR_TRANSMITTER) != 0) {
            transmitted |= !unsent.isEmpty();
            unsent.clear();
        }
        fifoControl = enable ? value & FCR_KEPT : 0;
        receivedSomething();
        fill();
    }

    private void writeLineControl(int value) {
        boolean breaks = (value & ~lineControl & LCR_BREAK) != 0;
        lineControl = value;
        if (breaks && loopback()) {
            receiver.receive(0, Receiver.BREAK);
            receivedSomething();
        }
    }

    private void writeModemControl(int value) {
        modemControl = value & 0x1F;
        modem.control(modemControl);
        fill();
    }

    private int readReceived() {
        listen();
        int value = receiver.take();
        receivedSomething();
        fill();
        return value;
    }

    private int readIdentification() {
        int source = source();
        if (source == IIR_TRANSMITTED) {
            transmitted = false;
        }
        return source | ((fifoControl & FCR_ENABLE) != 0 ? IIR_FIFOS : 0);
    }

    private int readLineStatus() {
        listen();
        int value = receiver.status() | (unsent.isEmpty() ? LSR_THRE | LSR_TEMT : 0);
        receiver.acknowledge();
        return value;
    }

    private boolean divisorLatch() {
        return (lineControl & LCR_DLAB) != 0;
    }

    private boolean loopback() {
        return (modemControl & ModemLines.LOOPBACK) != 0;
    }

    private void transmit(int value) {
        transmitted = false;
        if (loopback()) {
            receiver.receive(value, 0);
            receivedSomething();
            transmitted = unsent.isEmpty();
        } else {
            if (unsent.count() < UNSENT_BYTES) {
                unsent.put(value);
            }
            send();
        }
    }

    /** Sends what the host takes; when it takes no more, tries again after the time of a character. */
    private void send() {
        while (!unsent.isEmpty() && context.stream().write(unsent.first())) {
            unsent.take();
        }
        transmitted |= unsent.isEmpty();
        if (unsent.isEmpty()) {
            retryTimer.disarm();
        } else {
            retryTimer.arm(context.clock().nanos() + Math.clamp(characterNanos(), RETRY_LEAST, RETRY_MOST));
        }
    }

    private void retry() {
        if (!unsent.isEmpty()) {
            send();
            update();
        }
    }

    /**
     * Begins to fetch input: when the guest first looks for it. What was typed before that would be thrown away by the
     * FIFO resets of the guest's initialization.
     */
    private void listen() {
        if (!listening) {
            hear();
            fill();
        }
    }

    private void hear() {
        listening = true;
        context.stream().onInput(this::input);
    }

    private void input() {
        fill();
        update();
    }

    /** Fetches what there is room for. After this there is no room, or the host said that it has nothing. */
    private void fill() {
        if (loopback() || !listening) {
            return;
        }
        while (receiver.hasRoom()) {
            int value = context.stream().read();
            if (value < 0) {
                return;
            }
            receiver.receive(value & 0xFF, 0);
            receivedSomething();
        }
    }

    /** A character came or went: the time-out begins again, or ends ("FIFO Interrupt Mode Operation", C and D). */
    private void receivedSomething() {
        timedOut = false;
        if ((fifoControl & FCR_ENABLE) != 0 && receiver.count() > 0) {
            timeoutTimer.arm(context.clock().nanos() + 4 * characterNanos());
        } else {
            timeoutTimer.disarm();
        }
    }

    private void characterTimeout() {
        timedOut = receiver.count() > 0;
        update();
    }

    /** {@return the time of one character on the wire: start, data, parity and stop bits} */
    private long characterNanos() {
        int bits = 1 + 5 + (lineControl & 3) + (lineControl >> 3 & 1) + 1 + (lineControl >> 2 & 1);
        long cycles = 16L * bits * (divisor == 0 ? 0x1_0000 : divisor);
        return Math.ceilDiv(cycles * 1_000_000_000L, referenceHertz);
    }

    /** {@return the identification of the enabled interrupt of highest priority ("Interrupt Control Functions")} */
    private int source() {
        if ((interruptEnable & IER_LINE) != 0 && (receiver.status() & (Receiver.ERRORS | Receiver.OVERRUN)) != 0) {
            return IIR_LINE;
        }
        if ((interruptEnable & IER_RECEIVED) != 0 && receiver.count() >= triggerLevel()) {
            return IIR_RECEIVED;
        }
        if ((interruptEnable & IER_RECEIVED) != 0 && timedOut) {
            return IIR_TIMEOUT;
        }
        if ((interruptEnable & IER_TRANSMITTED) != 0 && transmitted) {
            return IIR_TRANSMITTED;
        }
        boolean changed = (modem.status() & ModemLines.CHANGES) != 0;
        return (interruptEnable & IER_MODEM) != 0 && changed ? IIR_MODEM : IIR_NONE;
    }

    private int triggerLevel() {
        return (fifoControl & FCR_ENABLE) == 0 ? 1 : TRIGGER[fifoControl >> 6];
    }

    /** A PC's gate: the interrupt goes through OUT2, which loopback makes inactive as all modem control outputs. */
    private void update() {
        boolean gate = (modemControl & ModemLines.OUT2) != 0 && !loopback();
        context.line(0, gate && source() != IIR_NONE);
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        var state = ModelState.of(SCHEMA.kind(), 1).put("interruptEnable", interruptEnable)
                .put("fifoControl", fifoControl).put("lineControl", lineControl).put("modemControl", modemControl)
                .put("scratch", scratch).put("divisor", divisor).put("transmitted", transmitted)
                .put("timedOut", timedOut).put("listening", listening).put("unsent", unsent.toBytes());
        receiver.save(state);
        modem.save(state);
        return state.build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("uart16550 reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        interruptEnable = (int) state.number("interruptEnable", 0, 0x0F);
        fifoControl = (int) state.number("fifoControl", 0, 0xFF) & FCR_KEPT;
        lineControl = (int) state.number("lineControl", 0, 0xFF);
        modemControl = (int) state.number("modemControl", 0, 0x1F);
        scratch = (int) state.number("scratch", 0, 0xFF);
        divisor = (int) state.number("divisor", 0, 0xFFFF);
        transmitted = state.flag("transmitted");
        timedOut = state.flag("timedOut");
        receiver.restore(state, (fifoControl & FCR_ENABLE) != 0);
        modem.restore(state);
        restoreStream(state);
    }

    /** Nothing is read or sent here: a swap may still be rolled back. */
    private void restoreStream(ModelState state) {
        byte[] bytes = state.bytes("unsent");
        if (bytes.length > UNSENT_BYTES) {
            throw new StateException("uart16550: field 'unsent' has %d bytes, more than %d".formatted(bytes.length,
                    UNSENT_BYTES));
        }
        unsent.set(bytes);
        listening = false;
        if (state.flag("listening")) {
            hear();
        }
    }
}
