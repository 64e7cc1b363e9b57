package org.cupule.fault;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Puts faults between live devices and their machines. A fault belongs to the place of a device: it stays over resets
 * and swaps, and goes with the device or the machine. An OSGi service.
 *
 * @threading any thread
 */
@ProviderType
public interface FaultInjector {
    /**
     * Puts a fault in place; it is there from the next access on.
     *
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is no such device or line (the sentence names those that are); EINVAL when the
     *             device has nothing that could fail so
     */
    Fault add(FaultSpec spec);

    /**
     * Takes a fault away: lines show their true levels again, and a device that was gone is there in its power-on
     * state.
     *
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is none of that number
     */
    void remove(int number);

    /** {@return the faults in place, oldest first} */
    List<Fault> faults();

    /**
     * A fault in place.
     *
     * @param number
     *            by which it is removed
     * @param spec
     *            what was asked for
     * @param chances
     *            how often it could have struck
     * @param strikes
     *            how often it has
     * @threading immutable
     */
    record Fault(int number, FaultSpec spec, long chances, long strikes) {
        /** {@return whether it will not strike any more} */
        public boolean spent() {
            return strikes >= spec.count();
        }
    }
}
