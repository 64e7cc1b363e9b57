package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

/** A signal that does nothing but end system calls. */
public final class Signals {
    public static final int USR1 = 10;

    private Signals() {
    }

    /** Catches it: without this it would end the process. */
    public static void catchUsr1() {
        assertThat(Sys.catchSignal(USR1)).isZero();
    }
}
