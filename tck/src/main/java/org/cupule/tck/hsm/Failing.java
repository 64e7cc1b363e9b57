package org.cupule.tck.hsm;

import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/** Asks what error number a call fails with. */
final class Failing {
    private Failing() {
    }

    /** {@return the error number; null when the call succeeds} */
    static @org.jspecify.annotations.Nullable Errno errno(Runnable call) {
        try {
            call.run();
            return null;
        } catch (HsmException failure) {
            return failure.errno();
        }
    }
}
