package org.cupule.machine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes machines of their descriptions. An OSGi service.
 *
 * @threading any thread
 */
@ProviderType
public interface Machines {
    /**
     * Reads a VM file and checks it whole, before anything is made.
     *
     * @param file
     *            JSON; relative paths in it are relative to its folder
     * @throws org.cupule.types.HsmException
     *             ENOENT when it is not there; EINVAL with one sentence a fault, naming the line and the field
     */
    MachineDescription read(Path file);

    /**
     * Tells what a VM file needs and what of it is there; makes nothing.
     *
     * @param file
     *            as for {@link #read}
     * @return one line a need; a file that cannot be read has one, which is missing
     */
    default Explanation explain(Path file) {
        throw new HsmException(Errno.EOPNOTSUPP, "explain", "these machines tell nothing about a VM file");
    }

    /** {@return the description of a PC with the standard devices, which can be changed before it is made} */
    MachineDescription standard(String name);

    /**
     * Makes a machine: memory, image, devices, registers; not started.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL for what cannot be (the sentence names the field), ENODEV for a device type or hardware model
     *             that no plug-in offers (the sentence names those that there are), ENOENT for a missing image
     */
    Machine create(MachineDescription description);

    /**
     * Makes a machine of a file that {@link Machine#save} wrote; it is paused, and goes on where it was.
     *
     * @throws HsmException
     *             ENOENT when there is no such file; EINVAL when it is no snapshot, damaged, of another version, or
     *             says what cannot be; EEXIST while a machine of its name is there; ENODEV when a model is missing, or
     *             none reads a state. Nothing is left behind
     */
    default Machine restore(Path file) {
        throw new HsmException(Errno.EOPNOTSUPP, "restore", "these machines cannot be restored");
    }

    /** {@return the machines that are there, oldest first} */
    List<Machine> machines();

    /** {@return the machine of this name} */
    Optional<Machine> machine(String name);
}
