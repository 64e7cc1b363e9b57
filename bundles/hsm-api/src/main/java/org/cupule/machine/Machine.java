package org.cupule.machine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A machine that was made.
 *
 * @threading any thread
 */
@ProviderType
public interface Machine extends AutoCloseable {
    /** {@return its name} */
    String name();

    /** {@return its description} */
    MachineDescription description();

    /** {@return the VM of the HSM below} */
    VirtualMachine vm();

    /**
     * {@return {@code created}, {@code running}, {@code paused} or {@code ended}, with the reason where there is one}
     */
    String status();

    /** Starts it, or goes on after a pause. */
    void start();

    /** Pauses it. */
    void pause();

    /** Resets it and starts it again: as the reset button, after the platform has reloaded the image. */
    void reset();

    /**
     * Presses its power button: the guest is asked to switch the machine off, and may not.
     *
     * @throws org.cupule.types.HsmException
     *             EOPNOTSUPP when no device hears the button; EPERM when it has ended
     */
    default void pressPowerButton() {
        throw new HsmException(Errno.EOPNOTSUPP, "power button", "this machine has none");
    }

    /** {@return what keeps it from being saved, one sentence each; empty when nothing does} */
    default List<String> saveObstacles() {
        return List.of("this machine cannot be saved");
    }

    /**
     * Saves it, with all that is under it, to a file from which {@link Machines#restore} makes it again. It stays
     * paused. The file appears when it is complete; one of that name gives way.
     *
     * @throws org.cupule.types.HsmException
     *             EBUSY unless it is paused; EOPNOTSUPP with all {@link #saveObstacles}; ETIMEDOUT when something does
     *             not come to rest; EACCES when the file cannot be written
     */
    default void save(Path file) {
        throw new HsmException(Errno.EOPNOTSUPP, "save", String.join("; ", saveObstacles()));
    }

    /** Ends it, whatever it does; the name is free afterwards. */
    @Override
    void close();

    /** {@return how the run ends: power-off, debug exit, triple fault, closed} */
    CompletionStage<Outcome> outcome();

    /** {@return the console: what the device with back-end {@code console} talks to} */
    Console console();

    /** {@return its devices} */
    List<DeviceInfo> devices();

    /** Adds a device while the machine is there, running or not. */
    void plug(MachineDescription.DeviceDescription device);

    /**
     * Takes a device away at once: its accesses float afterwards. A guest that listens to a hot-plug controller is told
     * that its slot has changed. ENOENT when there is none.
     */
    void unplug(String device);

    /**
     * Takes a device away when the guest has let go of it. Where no guest is to be asked (the device sits in no slot of
     * the PCI bus, or nobody listens to a {@link org.cupule.device.HotPlugController}) as {@link #unplug(String)}.
     *
     * <pre>
     *  requested --the guest lets go--> quiesced --> gone
     *      |------- time-out: it stays, and goes when the guest lets go of it later, or is reset
     *      '------- the guest refuses: it stays
     * </pre>
     *
     * @param patience
     *            how long the guest may take
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is none; EALREADY when the guest was asked already, and somebody waits; ETIMEDOUT
     *             when it has not let go; EBUSY when it has refused to
     */
    default void unplug(String device, Duration patience) {
        unplug(device);
    }

    /**
     * {@return the present state of a device, in the highest version that its model writes}
     *
     * The device stands still meanwhile, as in a swap; the machine may run.
     *
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is no such device; ENODEV when it is parked or quarantined; EBUSY while it is
     *             moved; ETIMEDOUT when it does not come to rest; EIO when it fails to save its state
     */
    default ModelState deviceState(String device) {
        throw new HsmException(Errno.EOPNOTSUPP, "state", "this machine does not show the state of its devices");
    }

    /**
     * How a run ended.
     *
     * @param cause
     *            {@code power-off}, {@code debug-exit}, {@code reset}, {@code triple-fault}, {@code stopped} or
     *            {@code closed}
     * @param status
     *            the process status for it
     * @param report
     *            for people; may be empty
     * @threading immutable
     */
    record Outcome(String cause, int status, String report) {
    }

    /**
     * A device as people see it.
     *
     * @param name
     *            its name
     * @param type
     *            its kind
     * @param model
     *            {@code name@version}
     * @param bundle
     *            id of the bundle of its model, or -1
     * @param place
     *            where it lies: windows, lines, PCI address
     * @param accesses
     *            how many accesses it has answered
     * @param failures
     *            how many calls failed
     * @param status
     *            {@code running}, {@code parked: ...}, {@code quarantined: ...}
     * @threading immutable
     */
    record DeviceInfo(String name, String type, String model, long bundle, String place, long accesses, long failures,
            String status) {
    }
}
