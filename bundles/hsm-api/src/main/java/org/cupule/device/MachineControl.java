package org.cupule.device;

import org.osgi.annotation.versioning.ProviderType;

/**
 * What a device can do to the whole machine. Each call is posted to the machine's control thread and returns at once;
 * the access that made it is still answered.
 *
 * @threading any thread
 */
@ProviderType
public interface MachineControl {
    /** The guest switched the machine off. */
    void powerOff();

    /** The guest asked for a reset. */
    void reset();

    /** The guest ended the run with this status (a write to the debug-exit port). */
    void exit(int status);

    /**
     * The guest has let go of what is in a slot of its {@link HotPlugController}: the machine takes it away. Nothing
     * happens where the slot is empty.
     *
     * @param slot
     *            number of a device on bus 00: 1 to 31
     */
    default void eject(int slot) {
        // A machine without slots.
    }

    /**
     * The guest's operating system says how far the ejection of what is in a slot is (ACPI Specification 6.5, section
     * 6.3.5, "_OST"). Nothing happens where the slot is empty, or where nobody has asked the guest to let go of it.
     *
     * <pre>
     *  status      0     done: {@link #eject} is what counts
     *              84h   in progress
     *              other it is refused: 1 failed, 2 not understood, 80h not supported, 81h in use by an application,
     *                    82h busy, 83h something busy depends on it
     * </pre>
     *
     * @param slot
     *            number of a device on bus 00: 1 to 31
     * @param status
     *            0 to FFh
     */
    default void ejection(int slot, int status) {
        // A machine without slots.
    }

    /** {@return bytes of guest RAM: what an RTC's memory-size registers tell} */
    long memoryBytes();

    /** {@return bytes of guest RAM below 4 GiB} */
    long lowMemoryBytes();

    /** {@return the number of processors} */
    int processors();
}
