package org.cupule.tck.hsm;

import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.CStruct;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.OpenDescriptors;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.types.Errno;
import org.junit.jupiter.api.AfterEach;

/**
 * What all contracts of the character device begin with: a device on a {@link FakeHypervisor}, a caller, and an open
 * handle without a VM.
 *
 * @threading confined to the test, but for the partition
 */
public abstract class DeviceFixture {
    /** The vCPUs of a VM made by {@link #created}. */
    protected static final int VCPUS = 3;
    /** The affinity that gives so many. */
    protected static final long AFFINITY = 0b1011;

    /** What an ioctl answers. */
    protected static final int EPERM = -Errno.EPERM.number();
    /** What an ioctl answers. */
    protected static final int EINVAL = -Errno.EINVAL.number();
    /** What an ioctl answers. */
    protected static final int EFAULT = -Errno.EFAULT.number();
    /** What an ioctl answers. */
    protected static final int ENOTTY = -Errno.ENOTTY.number();
    /** What an ioctl answers. */
    protected static final int ENODEV = -Errno.ENODEV.number();
    /** What an ioctl answers. */
    protected static final int EEXIST = -Errno.EEXIST.number();
    /** What an ioctl answers. */
    protected static final int ENOMEM = -Errno.ENOMEM.number();
    /** What an ioctl answers. */
    protected static final int EBADF = -Errno.EBADF.number();

    /** What caller and partition do, in order. */
    protected final List<String> journal = new CopyOnWriteArrayList<>();
    /** The hypervisor. */
    protected final FakeHypervisor hypervisor = new FakeHypervisor(new ScriptedDevices());
    /** The HSM. */
    protected final HypervisorServiceModule hsm = hsm(List.of(hypervisor));
    /** The device. */
    protected final HsmDevice device = device(hsm);
    /** Who calls. */
    protected final FakeCaller caller = new FakeCaller(journal);
    /** The caller's descriptors. */
    protected final OpenDescriptors descriptors = new OpenDescriptors();
    /** A handle of the caller. */
    protected final HsmHandle handle = device.open(caller, descriptors);

    /** {@return an HSM on these hypervisors} */
    protected abstract HypervisorServiceModule hsm(List<Hypervisor> hypervisors);

    /** {@return a device over an HSM, whose VMs behave as ACRN's} */
    protected abstract HsmDevice device(HypervisorServiceModule over);

    /** Closes the handle, whatever the test has left. */
    @AfterEach
    protected void end() {
        hypervisor.partitions().forEach(partition -> partition.fail(null));
        handle.close();
        descriptors.close();
        caller.close();
    }

    /** Carries out a command. @return 0 or a negative error number */
    protected final int ioctl(IoctlNumber command, long argument) {
        return handle.ioctl(command.number(), argument);
    }

    /** Carries out a command without argument. @return 0 or a negative error number */
    protected final int ioctl(IoctlNumber command) {
        return handle.ioctl(command.number(), 0);
    }

    /** Carries out a command on a structure of the caller. @return 0 or a negative error number */
    protected final int ioctl(IoctlNumber command, CStruct argument) {
        return ioctl(command, caller.put(argument));
    }

    /** {@return a structure of zeros} */
    protected static <S extends CStruct> S zeros(GroupLayout layout, Function<MemorySegment, S> view) {
        return view.apply(Arena.ofAuto().allocate(layout));
    }

    /** {@return the structure of a good CREATE_VM} */
    protected final AcrnVmCreation creation() {
        AcrnVmCreation creation = zeros(AcrnVmCreation.LAYOUT, AcrnVmCreation::new);
        creation.uuid("front".getBytes(StandardCharsets.US_ASCII));
        creation.cpuAffinity(AFFINITY);
        creation.ioreqBuf(caller.pages(1));
        return creation;
    }

    /** Creates the VM. @return it, as the hypervisor sees it */
    protected final FakePartition created() {
        AcrnVmCreation creation = creation();
        int result = ioctl(IoctlNumber.CREATE_VM, creation);
        if (result != 0) {
            throw new AssertionError("CREATE_VM gave " + result);
        }
        return hypervisor.partition();
    }
}
