package org.cupule.hv.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What a vCPU does.
 *
 * <pre>
 *               .--------------------- interrupt --------------------.
 *               v                                                    |
 *  WAIT_SIPI -SIPI-> RUNNING --HLT-----------------------------> HALTED
 *     ^               |  ^  '---triple fault---> SHUT_DOWN
 *     |               v  |                    (any) --given away--> OFFLINE
 *     '---INIT--   IN_REQUEST (its slot is not FREE), IN_CALL (a device of the host)
 * </pre>
 *
 * @threading changed by the thread that runs the vCPU, or by who has quiesced it; others read it for people
 */
final class Activity {
    /** Executes the guest. */
    static final int RUNNING = 0;
    /** Has executed HLT. */
    static final int HALTED = 1;
    /** Waits for a start-up message. */
    static final int WAIT_SIPI = 2;
    /** Waits for the answer of an I/O request. */
    static final int IN_REQUEST = 3;
    /** Has had a triple fault. */
    static final int SHUT_DOWN = 4;
    /** Was given away by its guest: nothing wakes it but a reset of the partition. */
    static final int OFFLINE = 5;
    /** Is inside a device of the host; seen of a vCPU that stands still only when that call was given up. */
    static final int IN_CALL = 6;

    private static final VarHandle NOW;

    static {
        try {
            NOW = MethodHandles.lookup().findVarHandle(Activity.class, "now", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private int now;

    Activity(int first) {
        now = first;
    }

    boolean is(int activity) {
        return now == activity;
    }

    void become(int activity) {
        NOW.setOpaque(this, activity);
    }

    /** {@return one of the constants} */
    int now() {
        return (int) NOW.getOpaque(this);
    }
}
