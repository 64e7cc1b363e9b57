package org.cupule.machine.command;

/**
 * Finds the keys in a person's input that are meant for the platform: Ctrl-A and one more.
 *
 * <pre>
 *            Ctrl-A                     x end, c shell
 *   PLAIN ------------> AFTER_CTRL_A ------------------> PLAIN
 *     | other: to the guest   | Ctrl-A: one Ctrl-A to the guest; other: both to the guest
 * </pre>
 *
 * @threading confined to the thread that reads the input
 */
final class EscapeKeys {
    private static final byte CTRL_A = 1;
    private static final byte CTRL_C = 3;

    private final boolean interruptible;
    private boolean escaped;

    /**
     * Begins in PLAIN.
     *
     * @param interruptible
     *            whether Ctrl-C ends
     */
    EscapeKeys(boolean interruptible) {
        this.interruptible = interruptible;
    }

    /**
     * What is done with the input.
     *
     * @threading the thread that reads the input
     */
    interface Actions {
        /** Sends bytes to the guest. */
        void send(byte[] bytes, int count);

        /** Ends the run. */
        void end();

        /** Runs commands of the shell, and returns when there are no more. */
        void shell();
    }

    void accept(byte[] bytes, int count, Actions actions) {
        byte[] plain = new byte[2 * count];
        int length = 0;
        for (int i = 0; i < count; i++) {
            byte key = bytes[i];
            if (interruptible && key == CTRL_C) {
                actions.end();
                return;
            }
            if (!escaped && key == CTRL_A) {
                escaped = true;
            } else if (escaped && (key == 'x' || key == 'c')) {
                escaped = false;
                actions.send(plain, length);
                length = 0;
                act(key, actions);
            } else {
                if (escaped && key != CTRL_A) {
                    plain[length++] = CTRL_A;
                }
                escaped = false;
                plain[length++] = key;
            }
        }
        actions.send(plain, length);
    }

    private static void act(byte key, Actions actions) {
        if (key == 'x') {
            actions.end();
        } else {
            actions.shell();
        }
    }
}
