package org.cupule.linux.acrn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.IoctlNumber;
import org.cupule.types.Errno;

/**
 * Tells the driver that requests are answered. The structures are made once, one a vCPU: nothing is allocated for a
 * request.
 *
 * @threading any thread
 */
final class Notices {
    private final HsmFile file;
    private final MemorySegment[] notices;

    Notices(HsmFile file, int vmid, int vcpus) {
        this.file = file;
        this.notices = new MemorySegment[vcpus];
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            // The collector frees it: a late answer may still be on its way when the VM is gone.
            AcrnIoreqNotify notice = new AcrnIoreqNotify(Arena.ofAuto().allocate(AcrnIoreqNotify.LAYOUT));
            notice.vmid(vmid);
            notice.vcpu(vcpu);
            notices[vcpu] = notice.memory();
        }
    }

    /** {@return 0 or the negative error number} */
    long finish(int vcpu) {
        return vcpu < 0 || vcpu >= notices.length
                ? -Errno.EPERM.number()
                : file.ask(IoctlNumber.NOTIFY_REQUEST_FINISH, notices[vcpu]);
    }
}
