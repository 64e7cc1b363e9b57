package org.cupule.virtio;

/**
 * Feature bits of all devices. Source: VIRTIO 1.2, chapter 6 "Reserved Feature Bits".
 *
 * @threading immutable
 */
public final class Feature {
    /** A descriptor may refer to a table of descriptors. */
    public static final int INDIRECT_DESC = 28;
    /** Notifications are held back by index, not by flag. */
    public static final int EVENT_IDX = 29;
    /** The device is no legacy device: must be accepted. */
    public static final int VERSION_1 = 32;

    /** What the transport offers by itself. */
    static final long OF_TRANSPORT = bit(INDIRECT_DESC) | bit(EVENT_IDX) | bit(VERSION_1);

    private Feature() {
    }

    /** {@return the mask of a feature} */
    public static long bit(int feature) {
        return 1L << feature;
    }
}
