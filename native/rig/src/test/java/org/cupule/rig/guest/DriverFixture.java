package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.CStruct;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.types.Errno;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What tests of the driver itself begin with: an open {@code /dev/acrn_hsm} without a VM, and a stand-in that has
 * forgotten everything.
 *
 * @threading confined to the test
 */
abstract class DriverFixture {
    static final int VCPUS = 3;
    static final long AFFINITY = 0b1011;
    static final int EPERM = -Errno.EPERM.number();
    static final int EINVAL = -Errno.EINVAL.number();
    static final int EFAULT = -Errno.EFAULT.number();
    static final int ENOTTY = -Errno.ENOTTY.number();
    static final int ENODEV = -Errno.ENODEV.number();
    static final int EEXIST = -Errno.EEXIST.number();
    static final int ENOMEM = -Errno.ENOMEM.number();
    static final int EBADF = -Errno.EBADF.number();
    static final int EBUSY = -Errno.EBUSY.number();
    static final int PAGE = 4096;

    final Arena arena = Arena.ofShared();
    final MemorySegment requests = Sys.map(PAGE, 0);
    final IoRequestPage page = new IoRequestPage(requests);
    final List<Integer> opened = new ArrayList<>();
    int hsm;
    int vmid = 0xFFFF;

    @BeforeEach
    void begin() {
        StandIn.command("reset");
        hsm = open();
    }

    @AfterEach
    void end() {
        StandIn.command("fail 0 0 0");
        opened.forEach(fd -> {
            Sys.ioctl(fd, IoctlNumber.PAUSE_VM.number(), 0);
            Sys.ioctl(fd, IoctlNumber.DESTROY_IOREQ_CLIENT.number(), 0);
            Sys.ioctl(fd, IoctlNumber.DESTROY_VM.number(), 0);
            Sys.close(fd);
        });
        Sys.unmap(requests);
        arena.close();
    }

    final int open() {
        int fd = Sys.open("/dev/acrn_hsm");
        assertThat(fd).isPositive();
        opened.add(fd);
        return fd;
    }

    final int ioctl(IoctlNumber command, long argument) {
        return Sys.ioctl(hsm, command.number(), argument);
    }

    final int ioctl(IoctlNumber command) {
        return ioctl(command, 0);
    }

    final int ioctl(IoctlNumber command, CStruct argument) {
        return ioctl(command, argument.memory().address());
    }

    final <S extends CStruct> S zeros(GroupLayout layout, Function<MemorySegment, S> view) {
        return view.apply(arena.allocate(layout));
    }

    final AcrnVmCreation creation() {
        AcrnVmCreation creation = zeros(AcrnVmCreation.LAYOUT, AcrnVmCreation::new);
        creation.uuid("rig".getBytes(StandardCharsets.US_ASCII));
        creation.cpuAffinity(AFFINITY);
        creation.ioreqBuf(requests.address());
        return creation;
    }

    /** Creates the VM. @return its id */
    final int created() {
        AcrnVmCreation creation = creation();
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation)).isZero();
        vmid = creation.vmid();
        return vmid;
    }

    /** Creates the VM, with a client, and starts it. @return its id */
    final int started() {
        created();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        return vmid;
    }

    final AcrnVmMemmap ram(long gpa, MemorySegment memory) {
        AcrnVmMemmap map = zeros(AcrnVmMemmap.LAYOUT, AcrnVmMemmap::new);
        map.attr(AcrnVmMemmap.ACCESS_MASK);
        map.userVmPa(gpa);
        map.vmaBase(memory.address());
        map.len(memory.byteSize());
        return map;
    }

    final AcrnIoreqNotify notice(int vcpu) {
        AcrnIoreqNotify notice = zeros(AcrnIoreqNotify.LAYOUT, AcrnIoreqNotify::new);
        notice.vcpu(vcpu);
        return notice;
    }

    /** Answers what is in a slot. */
    final void answer(int vcpu, long value) {
        page.value(vcpu, value);
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, notice(vcpu))).isZero();
    }
}
