package org.cupule.dev.keyboard;

import org.cupule.state.ModelState;

/**
 * What keyboard and mouse have in common: a command, perhaps an argument, and answers.
 *
 * @threading confined to the device's gate
 */
abstract class Ps2Device {
    protected static final int ACKNOWLEDGE = 0xFA;
    protected static final int RESEND = 0xFE;
    protected static final int PASSED = 0xAA;
    private static final int NONE = 0;

    private final String name;
    private final AnswerQueue answers = new AnswerQueue();
    private int waiting;
    private int last;

    Ps2Device(String name) {
        this.name = name;
    }

    /** Answers a command. */
    protected abstract void command(int value);

    /** Takes the argument of a command that asked for it. */
    protected abstract void argument(int command, int value);

    /** Goes back to the settings of power-on. */
    protected abstract void defaults();

    protected abstract void saveSettings(ModelState.Builder state);

    protected abstract void restoreSettings(ModelState state);

    void reset() {
        answers.clear();
        waiting = NONE;
        last = 0;
        defaults();
    }

    /** Takes a byte from the controller. */
    void receive(int value) {
        int command = waiting;
        waiting = NONE;
        if (value == RESEND) {
            answers.put(last);
        } else if (command != NONE && isArgument(value)) {
            argument(command, value);
        } else {
            answers.clear();
            command(value);
        }
    }

    /** {@return whether a byte after a command that wants one is taken as such: not when it is a command itself} */
    protected boolean isArgument(int value) {
        return true;
    }

    protected void answer(int... values) {
        answers.put(values);
    }

    /** Acknowledges, and takes the next byte as an argument. */
    protected void await(int command) {
        waiting = command;
        answer(ACKNOWLEDGE);
    }

    boolean hasAnswer() {
        return !answers.isEmpty();
    }

    int takeAnswer() {
        last = answers.take();
        return last;
    }

    ModelState save() {
        var state = ModelState.of(name, 1).put("waiting", waiting).put("last", last);
        answers.save(state, "answers");
        saveSettings(state);
        return state.build();
    }

    void restore(ModelState state) {
        waiting = (int) state.number("waiting", 0, 0xFF);
        last = (int) state.number("last", 0, 0xFF);
        answers.restore(state, "answers");
        restoreSettings(state);
    }
}
