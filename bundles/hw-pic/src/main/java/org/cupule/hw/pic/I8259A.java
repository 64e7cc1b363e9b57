package org.cupule.hw.pic;

import org.cupule.state.ModelState;

/**
 * One 8259A, with the edge/level register that south bridges put beside it.
 *
 * <pre>
 *            A0 D7   D6   D5   D4   D3    D2   D1    D0
 *  ICW1       0  -    -    -    1   (LTIM) -   SNGL  IC4     no ICW3 when SNGL, ICW4 only when IC4
 *  ICW2       1  T7   T6   T5   T4   T3    -    -     -      upper bits of the vector
 *  ICW3       1  the master's inputs with a slave, or the slave's id: here the wiring is fixed
 *  ICW4       1  0    0    0   SFNM  BUF  M/S  AEOI  uPM
 *  OCW1       1  interrupt mask
 *  OCW2       0  R    SL   EOI  0    0    L2   L1    L0
 *  OCW3       0  0   ESMM  SMM  0    1    P    RR    RIS
 *  poll word     I    -    -    -    -    W2   W1    W0
 * </pre>
 *
 * <p>
 * Source: Intel 8259A data sheet, "Initialization Command Words", "Operation Command Words".
 *
 * @threading as the pair
 */
final class I8259A {
    /** The level that a chip acknowledges with when nothing is pending. */
    static final int SPURIOUS = 7;

    private static final int INITIALIZED = 0;
    private static final int NEVER = 1;
    private static final int IC4 = 1;
    private static final int SINGLE = 1 << 1;
    private static final int AUTO_END = 1 << 1;
    private static final int SPECIAL_FULLY_NESTED = 1 << 4;

    /** Inputs that can be level-triggered. */
    private final int levelInputs;
    /** The input where a slave hangs, as a bit; 0 for a slave. */
    private final int cascade;
    private int lines;
    private int irr;
    private int isr;
    private int imr;
    private int elcr;
    private int icw1;
    private int icw2;
    private int icw3;
    private int icw4;
    private int step;
    private int lowest;
    private boolean readIsr;
    private boolean poll;
    private boolean specialMask;
    private boolean rotate;

    I8259A(int levelInputs, int cascade) {
        this.levelInputs = levelInputs;
        this.cascade = cascade;
        reset();
    }

    /** Sets the power-on state; the levels of the inputs are kept. */
    void reset() {
        elcr = 0;
        icw2 = 0;
        icw3 = 0;
        initialize(0);
        step = NEVER;
    }

    /** ICW1: an edge must come anew, all is unmasked and in its first order. */
    private void initialize(int value) {
        icw1 = value;
        icw4 = 0;
        irr = lines & elcr;
        isr = 0;
        imr = 0;
        lowest = 7;
        readIsr = false;
        poll = false;
        specialMask = false;
        rotate = false;
        step = 2;
    }

    /** Sets the level of an input. */
    void line(int input, boolean high) {
        int bit = 1 << input;
        boolean rises = high && (lines & bit) == 0;
        lines = high ? lines | bit : lines & ~bit;
        if (rises) {
            irr |= bit;
        } else if (!high) {
            irr &= ~(bit & elcr);
        }
    }

    /** {@return the input that may interrupt now, or -1} */
    int request() {
        int requests = irr & ~imr;
        if (requests == 0 || step != INITIALIZED) {
            return -1;
        }
        int service = specialMask ? isr & ~imr : isr;
        int nested = (icw4 & SPECIAL_FULLY_NESTED) != 0 ? cascade : 0;
        for (int i = 1; i <= 8; i++) {
            int input = lowest + i & 7;
            int bit = 1 << input;
            if ((requests & bit) != 0 && (service & bit & ~nested) == 0) {
                return input;
            }
            if ((service & bit) != 0) {
                return -1;
            }
        }
        return -1;
    }

    /** Acknowledges as an INTA sequence does. @return the input, or -1 for a spurious one */
    int acknowledge() {
        int input = request();
        if (input >= 0) {
            int bit = 1 << input;
            irr &= ~(bit & ~elcr);
            if ((icw4 & AUTO_END) == 0) {
                isr |= bit;
            } else if (rotate) {
                lowest = input;
            }
        }
        return input;
    }

    /** {@return the vector of an input} */
    int vector(int input) {
        return icw2 & 0xF8 | (input < 0 ? SPURIOUS : input);
    }

    /** {@return whether the next read acknowledges} */
    boolean polling() {
        return poll;
    }

    /** Reads with A0 = 0 (command) or 1 (data); the first read after a poll command acknowledges. */
    int read(boolean data) {
        if (poll) {
            poll = false;
            int input = acknowledge();
            return input < 0 ? 0 : 0x80 | input;
        }
        if (data) {
            return imr;
        }
        return readIsr ? isr : irr;
    }

    /** Writes with A0 = 0 (command) or 1 (data). */
    void write(boolean data, int value) {
        if (data) {
            writeData(value);
        } else if ((value & 1 << 4) != 0) {
            initialize(value);
        } else if ((value & 1 << 3) != 0) {
            writeOcw3(value);
        } else {
            writeOcw2(value >> 5, value & 7);
        }
    }

    private void writeData(int value) {
        switch (step) {
            case 2 -> {
                icw2 = value & 0xF8;
                step = (icw1 & SINGLE) == 0 ? 3 : afterIcw3();
            }
            case 3 -> {
                icw3 = value;
                step = afterIcw3();
            }
            case 4 -> {
                icw4 = value & 0x1F;
                step = INITIALIZED;
            }
            default -> imr = value;
        }
    }

    private int afterIcw3() {
        return (icw1 & IC4) != 0 ? 4 : INITIALIZED;
    }

    private void writeOcw3(int value) {
        if ((value & 1 << 6) != 0) {
            specialMask = (value & 1 << 5) != 0;
        }
        poll = (value & 1 << 2) != 0;
        if ((value & 1 << 1) != 0) {
            readIsr = (value & 1) != 0;
        }
    }

    /** Commands R, SL, EOI. */
    private void writeOcw2(int command, int level) {
        switch (command) {
            case 0b000 -> rotate = false;
            case 0b001 -> isr &= ~(1 << highest());
            case 0b011 -> isr &= ~(1 << level);
            case 0b100 -> rotate = true;
            case 0b101 -> rotateOn(highest());
            case 0b110 -> lowest = level;
            case 0b111 -> rotateOn(level);
            default -> {
            } // 0b010 is no operation
        }
    }

    private void rotateOn(int level) {
        if (level < 8) {
            isr &= ~(1 << level);
            lowest = level;
        }
    }

    /** {@return the input of highest priority in service, or 8: a non-specific end passes over masked ones in SMM} */
    private int highest() {
        int service = specialMask ? isr & ~imr : isr;
        for (int i = 1; i <= 8; i++) {
            int input = lowest + i & 7;
            if ((service & 1 << input) != 0) {
                return input;
            }
        }
        return 8;
    }

    int elcr() {
        return elcr;
    }

    /** Sets which inputs are level-triggered; those follow their level from now on. */
    void elcr(int value) {
        elcr = value & levelInputs;
        irr = irr & ~elcr | lines & elcr;
    }

    ModelState save() {
        return ModelState.of("8259a", 1).put("lines", lines).put("irr", irr).put("isr", isr).put("imr", imr)
                .put("elcr", elcr).put("icw1", icw1).put("icw2", icw2).put("icw3", icw3).put("icw4", icw4)
                .put("step", step).put("lowest", lowest).put("readIsr", readIsr).put("poll", poll)
                .put("specialMask", specialMask).put("rotate", rotate).build();
    }

    void restore(ModelState state) {
        lines = (int) state.number("lines", 0, 0xFF);
        irr = (int) state.number("irr", 0, 0xFF);
        isr = (int) state.number("isr", 0, 0xFF);
        imr = (int) state.number("imr", 0, 0xFF);
        elcr = (int) state.number("elcr", 0, 0xFF) & levelInputs;
        icw1 = (int) state.number("icw1", 0, 0xFF);
        icw2 = (int) state.number("icw2", 0, 0xFF) & 0xF8;
        icw3 = (int) state.number("icw3", 0, 0xFF);
        icw4 = (int) state.number("icw4", 0, 0x1F);
        step = (int) state.number("step", 0, 4);
        lowest = (int) state.number("lowest", 0, 7);
        readIsr = state.flag("readIsr");
        poll = state.flag("poll");
        specialMask = state.flag("specialMask");
        rotate = state.flag("rotate");
    }
}
