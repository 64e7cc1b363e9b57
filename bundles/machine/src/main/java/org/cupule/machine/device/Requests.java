package org.cupule.machine.device;

/**
 * What devices ask of their machine. Each call is posted and returns at once.
 *
 * @threading any thread; never waits
 */
public interface Requests {
    /** The guest switched the machine off. */
    void powerOff();

    /** The guest asked for a reset. */
    void resetRequested();

    /** The guest ended the run. */
    void exit(int status);

    /**
     * The guest has let go of what is in these slots of the PCI bus.
     *
     * @param slots
     *            bit n for device n
     */
    void ejected(int slots);

    /**
     * The guest says how the ejection of what is in a slot goes.
     *
     * @param status
     *            as {@code _OST} has it: {@link org.cupule.device.MachineControl#ejection}
     */
    void ejection(int slot, int status);
}
