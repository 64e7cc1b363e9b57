package org.cupule.dev.keyboard;

import org.cupule.state.ModelState;

/**
 * A keyboard that nobody types on. Source: PS/2 Hardware Interface Technical Reference, "101/102-Key Keyboards",
 * "Commands from the System".
 *
 * @threading confined to the device's gate
 */
final class Ps2Keyboard extends Ps2Device {
    private static final int LEDS = 0xED;
    private static final int ECHO = 0xEE;
    private static final int SCAN_CODE_SET = 0xF0;
    private static final int IDENTIFY = 0xF2;
    private static final int RATE = 0xF3;
    private static final int ENABLE = 0xF4;
    private static final int DISABLE = 0xF5;
    private static final int DEFAULTS = 0xF6;
    private static final int RESET = 0xFF;
    private static final int FIRST_COMMAND = 0xED;
    private static final int FIRST_RATE = 0x2B;

    private int leds;
    private int set;
    private int rate;
    private boolean scanning;

    Ps2Keyboard() {
        super("ps2-keyboard");
        defaults();
    }

    @Override
    protected void defaults() {
        leds = 0;
        set = 2;
        rate = FIRST_RATE;
        scanning = true;
    }

    @Override
    protected void command(int value) {
        switch (value) {
            case ECHO -> answer(ECHO);
            case LEDS, SCAN_CODE_SET, RATE -> await(value);
            case IDENTIFY -> answer(ACKNOWLEDGE, 0xAB, 0x83);
            case ENABLE -> scan(true);
            case DISABLE -> {
                defaults();
                scan(false);
            }
            case DEFAULTS, RESET -> {
                defaults();
                answer(ACKNOWLEDGE);
                if (value == RESET) {
                    answer(PASSED);
                }
            }
            case 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD -> answer(ACKNOWLEDGE); // settings of single keys
            default -> answer(RESEND);
        }
    }

    private void scan(boolean on) {
        scanning = on;
        answer(ACKNOWLEDGE);
    }

    @Override
    protected boolean isArgument(int value) {
        return value < FIRST_COMMAND;
    }

    @Override
    protected void argument(int command, int value) {
        switch (command) {
            case LEDS -> {
                leds = value & 7;
                answer(ACKNOWLEDGE);
            }
            case RATE -> {
                rate = value & 0x7F;
                answer(ACKNOWLEDGE);
            }
            default -> scanCodeSet(value);
        }
    }

    private void scanCodeSet(int value) {
        if (value > 3) {
            answer(RESEND);
        } else if (value == 0) {
            answer(ACKNOWLEDGE, set);
        } else {
            set = value;
            answer(ACKNOWLEDGE);
        }
    }

    @Override
    protected void saveSettings(ModelState.Builder state) {
        state.put("leds", leds).put("set", set).put("rate", rate).put("scanning", scanning);
    }

    @Override
    protected void restoreSettings(ModelState state) {
        leds = (int) state.number("leds", 0, 7);
        set = (int) state.number("set", 1, 3);
        rate = (int) state.number("rate", 0, 0x7F);
        scanning = state.flag("scanning");
    }
}
