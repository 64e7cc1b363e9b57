package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

/** A signal that does nothing but end system calls. */
final class Signals {
    static final int USR2 = 12;

    private Signals() {
    }

    /** Catches it: without this it would end the process. */
    static void catchUsr2() {
        assertThat(Sys.catchSignal(USR2)).isZero();
    }
}
