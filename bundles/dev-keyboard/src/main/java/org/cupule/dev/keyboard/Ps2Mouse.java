package org.cupule.dev.keyboard;

import org.cupule.state.ModelState;

/**
 * A mouse that nobody moves. Source: PS/2 Hardware Interface Technical Reference, "Mouse", "Commands".
 *
 * <pre>
 * status   6 remote | 5 enabled | 4 scaling 2:1 | 2:0 buttons
 * </pre>
 *
 * @threading confined to the device's gate
 */
final class Ps2Mouse extends Ps2Device {
    private static final int SCALE_1_1 = 0xE6;
    private static final int SCALE_2_1 = 0xE7;
    private static final int RESOLUTION = 0xE8;
    private static final int STATUS = 0xE9;
    private static final int STREAM = 0xEA;
    private static final int READ_DATA = 0xEB;
    private static final int END_WRAP = 0xEC;
    private static final int WRAP = 0xEE;
    private static final int REMOTE = 0xF0;
    private static final int IDENTIFY = 0xF2;
    private static final int RATE = 0xF3;
    private static final int ENABLE = 0xF4;
    private static final int DISABLE = 0xF5;
    private static final int DEFAULTS = 0xF6;
    private static final int RESET = 0xFF;
    private static final int REMOTE_BIT = 0x40;
    private static final int ENABLED_BIT = 0x20;
    private static final int SCALE_BIT = 0x10;
    private static final int STATUS_BITS = REMOTE_BIT | ENABLED_BIT | SCALE_BIT;

    private int status;
    private int resolution;
    private int rate;
    private boolean wrap;

    Ps2Mouse() {
        super("ps2-mouse");
        defaults();
    }

    @Override
    protected void defaults() {
        status = 0;
        resolution = 2;
        rate = 100;
        wrap = false;
    }

    @Override
    protected void command(int value) {
        if (wrap && value != RESET && value != END_WRAP) {
            answer(value);
            return;
        }
        switch (value) {
            case SCALE_1_1 -> change(status & ~SCALE_BIT);
            case SCALE_2_1 -> change(status | SCALE_BIT);
            case STREAM -> change(status & ~REMOTE_BIT);
            case REMOTE -> change(status | REMOTE_BIT);
            case ENABLE -> change(status | ENABLED_BIT);
            case DISABLE -> change(status & ~ENABLED_BIT);
            case RESOLUTION, RATE -> await(value);
            default -> ask(value);
        }
    }

    private void ask(int value) {
        switch (value) {
            case STATUS -> answer(ACKNOWLEDGE, status, resolution, rate);
            case READ_DATA -> answer(ACKNOWLEDGE, 0x08, 0, 0);
            case IDENTIFY -> answer(ACKNOWLEDGE, 0);
            case WRAP, END_WRAP -> {
                wrap = value == WRAP;
                answer(ACKNOWLEDGE);
            }
            case DEFAULTS -> {
                defaults();
                answer(ACKNOWLEDGE);
            }
            case RESET -> {
                defaults();
                answer(ACKNOWLEDGE, PASSED, 0);
            }
            default -> answer(RESEND);
        }
    }

    private void change(int newStatus) {
        status = newStatus;
        answer(ACKNOWLEDGE);
    }

    @Override
    protected void argument(int command, int value) {
        if (command == RESOLUTION) {
            resolution = value & 3;
        } else {
            rate = value;
        }
        answer(ACKNOWLEDGE);
    }

    @Override
    protected void saveSettings(ModelState.Builder state) {
        state.put("status", status).put("resolution", resolution).put("rate", rate).put("wrap", wrap);
    }

    @Override
    protected void restoreSettings(ModelState state) {
        status = (int) state.number("status", 0, STATUS_BITS) & STATUS_BITS;
        resolution = (int) state.number("resolution", 0, 3);
        rate = (int) state.number("rate", 0, 0xFF);
        wrap = state.flag("wrap");
    }
}
