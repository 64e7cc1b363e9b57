package org.cupule.dev.keyboard;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.PortIo;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;

/**
 * The controller at 0x60 and 0x64, and the fast gate at 0x92.
 *
 * <pre>
 * status (0x64)   5 mouse data | 4 unlocked | 3 last write was a command | 2 system | 1 input full | 0 output full
 * command byte    6 translate | 5 mouse off | 4 keyboard off | 2 system | 1 mouse interrupt | 0 keyboard interrupt
 * output port     5 mouse interrupt | 4 keyboard interrupt | 1 A20 | 0 low: reset
 * fast (0x92)     1 A20 | 0 reset, when it goes from 0 to 1
 * </pre>
 *
 * <p>
 * The machine always has all its address lines: A20 is remembered and has no effect. Everything is done at once, so the
 * input buffer is never full.
 *
 * @threading confined to the device's gate
 */
final class I8042 implements Device, PortIo {
    static final StateSchema SCHEMA = StateSchema.first("i8042");

    private static final int DATA_WINDOW = 0;
    private static final int COMMAND_WINDOW = 1;
    private static final int KEYBOARD_LINE = 0;
    private static final int MOUSE_LINE = 1;

    private static final int OUTPUT_FULL = 0x01;
    private static final int WAS_COMMAND = 0x08;
    private static final int UNLOCKED = 0x10;
    private static final int MOUSE_DATA = 0x20;

    private static final int KEYBOARD_INTERRUPT = 0x01;
    private static final int MOUSE_INTERRUPT = 0x02;
    private static final int SYSTEM = 0x04;
    private static final int KEYBOARD_OFF = 0x10;
    private static final int MOUSE_OFF = 0x20;
    private static final int TRANSLATE = 0x40;
    /** As a PC's firmware leaves it: keyboard interrupt, tested, mouse off, translating. */
    private static final int FIRST_COMMAND_BYTE = KEYBOARD_INTERRUPT | SYSTEM | MOUSE_OFF | TRANSLATE;

    private static final int RAM_BYTES = 32;
    private static final int FREE = 0;
    private static final int CONTROLLER = 1;
    private static final int KEYBOARD = 2;
    private static final int MOUSE = 3;

    private final DeviceContext context;
    private final Ps2Keyboard keyboard = new Ps2Keyboard();
    private final Ps2Mouse mouse = new Ps2Mouse();
    private final AnswerQueue answers = new AnswerQueue();
    private byte[] ram = new byte[RAM_BYTES];
    private int waiting;
    private boolean wasCommand;
    private int output;
    private int source;
    private boolean a20 = true;

    I8042(DeviceContext context) {
        this.context = context;
        commandByte(FIRST_COMMAND_BYTE);
    }

    @Override
    public void reset() {
        keyboard.reset();
        mouse.reset();
        answers.clear();
        ram = new byte[RAM_BYTES];
        commandByte(FIRST_COMMAND_BYTE);
        waiting = 0;
        wasCommand = false;
        output = 0;
        source = FREE;
        a20 = true;
    }

    private int commandByte() {
        return ram[0] & 0xFF;
    }

    private void commandByte(int value) {
        ram[0] = (byte) value;
    }

    private boolean set(int bit) {
        return (commandByte() & bit) != 0;
    }

    @Override
    public int readPort(int window, int offset, int size) {
        return switch (window) {
            case DATA_WINDOW -> readData();
            case COMMAND_WINDOW -> status();
            default -> a20 ? 2 : 0;
        };
    }

    @Override
    public void writePort(int window, int offset, int size, int value) {
        int written = value & 0xFF;
        switch (window) {
            case DATA_WINDOW -> writeData(written);
            case COMMAND_WINDOW -> writeCommand(written);
            default -> writeFast(written);
        }
        fill();
        interrupt();
    }

    private int status() {
        return (source != FREE ? OUTPUT_FULL : 0) | commandByte() & SYSTEM | (wasCommand ? WAS_COMMAND : 0) | UNLOCKED
                | (source == MOUSE ? MOUSE_DATA : 0);
    }

    /** Lowers the line before the next byte raises it: each byte is an edge. */
    private int readData() {
        source = FREE;
        int value = output;
        interrupt();
        fill();
        interrupt();
        return value;
    }

    private void writeFast(int value) {
        a20 = (value & 2) != 0;
        if ((value & 1) != 0) {
            context.machine().reset();
        }
    }

    private void writeCommand(int command) {
        wasCommand = true;
        waiting = 0;
        switch (command) {
            case 0xA4 -> answers.put(0xF1); // no password is installed
            case 0xA7 -> commandByte(commandByte() | MOUSE_OFF);
            case 0xA8 -> commandByte(commandByte() & ~MOUSE_OFF);
            case 0xA9, 0xAB, 0xE0 -> answers.put(0x00); // both interfaces are well, both test inputs are low
            case 0xAA -> selfTest();
            case 0xAD -> commandByte(commandByte() | KEYBOARD_OFF);
            case 0xAE -> commandByte(commandByte() & ~KEYBOARD_OFF);
            case 0xC0 -> answers.put(0x80); // the keyboard is not locked
            case 0xD0 -> answers.put(outputPort());
            case 0xD1, 0xD2, 0xD3, 0xD4 -> waiting = command;
            case 0xDD, 0xDF -> a20 = command == 0xDF;
            default -> writeGroup(command);
        }
    }

    private void writeGroup(int command) {
        if (command >= 0x20 && command < 0x40) {
            answers.put(ram[command - 0x20] & 0xFF);
        } else if (command >= 0x60 && command < 0x80) {
            waiting = command;
        } else if (command >= 0xF0 && (command & 1) == 0) {
            context.machine().reset();
        }
    }

    private void selfTest() {
        commandByte(commandByte() | SYSTEM);
        answers.put(0x55);
    }

    private int outputPort() {
        return 0xC0 | (source == MOUSE ? 0x20 : 0) | (source == CONTROLLER || source == KEYBOARD ? 0x10 : 0) | 0x0C
                | (a20 ? 2 : 0) | 1;
    }

    private void writeData(int value) {
        int command = waiting;
        waiting = 0;
        wasCommand = false;
        switch (command) {
            case 0 -> {
                commandByte(commandByte() & ~KEYBOARD_OFF); // talking to the keyboard switches its interface on
                keyboard.receive(value);
            }
            case 0xD1 -> writeOutputPort(value);
            case 0xD2 -> deliver(CONTROLLER, value);
            case 0xD3 -> deliver(MOUSE, value);
            case 0xD4 -> mouse.receive(value);
            default -> ram[command - 0x60] = (byte) value;
        }
    }

    private void writeOutputPort(int value) {
        a20 = (value & 2) != 0;
        if ((value & 1) == 0) {
            context.machine().reset();
        }
    }

    /** Puts a byte into the output buffer as if a device had sent it, over one that was not fetched. */
    private void deliver(int from, int value) {
        output = value;
        source = from;
    }

    /** Moves the next byte into the output buffer when that is free. */
    private void fill() {
        if (source != FREE) {
            return;
        }
        if (!answers.isEmpty()) {
            deliver(CONTROLLER, answers.take());
        } else if (keyboard.hasAnswer() && !set(KEYBOARD_OFF)) {
            int value = keyboard.takeAnswer();
            deliver(KEYBOARD, set(TRANSLATE) ? translated(value) : value);
        } else if (mouse.hasAnswer() && !set(MOUSE_OFF)) {
            deliver(MOUSE, mouse.takeAnswer());
        }
    }

    /** The part of the translation from set 2 to set 1 that answers meet. */
    private static int translated(int value) {
        return switch (value) {
            case 0x01 -> 0x43;
            case 0x02, 0x83 -> 0x41;
            case 0x03 -> 0x3F;
            default -> value;
        };
    }

    private void interrupt() {
        context.line(KEYBOARD_LINE, (source == CONTROLLER || source == KEYBOARD) && set(KEYBOARD_INTERRUPT));
        context.line(MOUSE_LINE, source == MOUSE && set(MOUSE_INTERRUPT));
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        var state = ModelState.of(SCHEMA.kind(), 1).put("ram", ram).put("waiting", waiting)
                .put("wasCommand", wasCommand).put("output", output).put("source", source).put("a20", a20)
                .put("keyboard", keyboard.save()).put("mouse", mouse.save());
        answers.save(state, "answers");
        return state.build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("i8042 reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        ram = state.bytes("ram", RAM_BYTES);
        waiting = (int) state.number("waiting", 0, 0xD4);
        if (waiting != 0 && waiting < 0xD1 && (waiting < 0x60 || waiting >= 0x80)) {
            throw new StateException("i8042: command 0x%02x waits for nothing".formatted(waiting));
        }
        wasCommand = state.flag("wasCommand");
        output = (int) state.number("output", 0, 0xFF);
        source = (int) state.number("source", FREE, MOUSE);
        a20 = state.flag("a20");
        answers.restore(state, "answers");
        keyboard.restore(state.nested("keyboard"));
        mouse.restore(state.nested("mouse"));
    }
}
