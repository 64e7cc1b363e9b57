package org.cupule.hv.sim;

import org.cupule.hardware.HardwareFactory;
import org.cupule.types.ModelInfo;

/**
 * A factory of hardware models that is there now.
 *
 * @param factory
 *            the service
 * @param info
 *            what its models are, as it said when it came
 * @param bundle
 *            id of the bundle that offers it, or -1
 * @threading immutable
 */
record Offered<F extends HardwareFactory>(F factory, ModelInfo info, long bundle) {
    /** {@return whether it is this very service} */
    boolean is(HardwareFactory other) {
        return factory == other;
    }

    @Override
    public String toString() {
        return info.kind() + "/" + info.id() + (bundle < 0 ? "" : " of bundle " + bundle);
    }
}
