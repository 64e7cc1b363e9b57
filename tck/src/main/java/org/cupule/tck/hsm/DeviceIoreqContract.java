package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The default client through the character device ({@code hsm.md} 7.8 to 7.11): the caller answers in its own page. */
public abstract class DeviceIoreqContract extends DeviceFixture {
    private static final int PORT = 0x3F8;
    private static final long DEADLINE_SECONDS = 60;

    private IoRequestPage page = new IoRequestPage(java.lang.foreign.MemorySegment.ofArray(new byte[4096]));

    /** Only a contract. */
    protected DeviceIoreqContract() {
    }

    private FakePartition attachable() {
        AcrnVmCreation wanted = creation();
        assertThat(ioctl(IoctlNumber.CREATE_VM, wanted)).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        page = new IoRequestPage(caller.memory(wanted.ioreqBuf()));
        return hypervisor.partition();
    }

    private int finish(int vcpu) {
        return ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, DeviceContract.notice(vcpu));
    }

    /** A thread in ATTACH_IOREQ_CLIENT. */
    private final class Attached {
        private final CompletableFuture<Integer> result = new CompletableFuture<>();
        private final AtomicReference<Boolean> interrupted = new AtomicReference<>(false);
        private final Thread thread = new Thread(this::attach, "attached");

        private void attach() {
            int answer = ioctl(IoctlNumber.ATTACH_IOREQ_CLIENT);
            interrupted.set(Thread.currentThread().isInterrupted());
            result.complete(answer);
        }

        /** Returns when the thread sleeps. */
        private Attached sleeping() {
            thread.start();
            Deadline.await("the attached thread sleeps", () -> thread.getState() == Thread.State.WAITING);
            return this;
        }

        private int result() throws Exception {
            return result.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-09 a second client is EEXIST; after its destruction there is room again")
    void oneClient() {
        created();

        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isEqualTo(EEXIST);
        assertThat(ioctl(IoctlNumber.DESTROY_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.DESTROY_IOREQ_CLIENT)).as("none is no error").isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-10 ATTACH without a client is ENODEV")
    void attachWithoutClient() {
        created();

        assertThat(ioctl(IoctlNumber.ATTACH_IOREQ_CLIENT)).isEqualTo(ENODEV);
    }

    @Test
    @DisplayName("HSM-IOREQ-11 HSM-IOREQ-04 ATTACH wakes on a request, and returns at once while it is unfinished")
    void attachWakes() throws Exception {
        FakePartition partition = attachable();
        Attached attached = new Attached().sleeping();

        partition.post(1, IoRequestPage.PORTIO, false, PORT, 4, 0);

        assertThat(attached.result()).isZero();
        assertThat(page.state(1)).isEqualTo(IoRequestPage.PROCESSING);
        assertThat(page.kernelHandled(1)).isFalse();
        assertThat(page.address(1)).isEqualTo(PORT);
        assertThat(ioctl(IoctlNumber.ATTACH_IOREQ_CLIENT)).as("unfinished").isZero();

        page.value(1, 0x1234_5678);
        assertThat(finish(1)).isZero();
        assertThat(partition.take(1)).isEqualTo(0x1234_5678);
        assertThat(partition.finishes(1)).as("HSM-IOREQ-06").isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOREQ-12 ATTACH that is interrupted returns 0, and the thread stays interrupted")
    void attachInterrupted() throws Exception {
        attachable();
        Attached attached = new Attached().sleeping();

        attached.thread.interrupt();

        assertThat(attached.result()).isZero();
        assertThat(attached.interrupted.get()).isTrue();
    }

    @Test
    @DisplayName("HSM-IOREQ-13 ATTACH returns ENODEV when the client is destroyed")
    void attachEndsWithClient() throws Exception {
        attachable();
        Attached attached = new Attached().sleeping();

        assertThat(ioctl(IoctlNumber.DESTROY_IOREQ_CLIENT)).isZero();

        assertThat(attached.result()).isEqualTo(ENODEV);
    }

    @Test
    @DisplayName("HSM-IOREQ-13 ATTACH returns ENODEV when the VM is destroyed, and when the handle is closed")
    void attachEndsWithVm() throws Exception {
        attachable();
        Attached attached = new Attached().sleeping();

        handle.close();

        assertThat(attached.result()).isEqualTo(ENODEV);
    }

    @Test
    @DisplayName("HSM-IOREQ-14 NOTIFY: no such vCPU and a reserved field are EINVAL, the id is ignored")
    void noticeIsChecked() {
        FakePartition partition = attachable();
        AcrnIoreqNotify reserved = DeviceContract.notice(0);
        reserved.reserved(1);
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, reserved)).isEqualTo(EINVAL);
        assertThat(finish(VCPUS)).isEqualTo(EINVAL);
        assertThat(finish(0xFFFF)).isEqualTo(EINVAL);

        partition.post(0, IoRequestPage.PORTIO, true, PORT, 1, 7);
        partition.awaitState(0, IoRequestPage.PROCESSING);
        AcrnIoreqNotify other = DeviceContract.notice(0x1_0000);
        other.vmid(0x7777);
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, other)).as("vCPU 0 in 16 bits").isZero();
        assertThat(page.state(0)).isEqualTo(IoRequestPage.COMPLETE);
    }

    @Test
    @DisplayName("HSM-IOREQ-15 NOTIFY without a client is 0 and has no effect")
    void noticeWithoutClient() {
        FakePartition partition = created();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 1, 0);

        assertThat(finish(0)).isZero();
        assertThat(partition.page().state(0)).isEqualTo(IoRequestPage.PENDING);
        assertThat(partition.finishes(0)).isZero();
        assertThat(finish(VCPUS)).as("the vCPU is not looked at").isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-16 CLEAR completes what the client has")
    void clearCompletes() {
        FakePartition partition = attachable();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 4, 0x55);
        partition.post(2, IoRequestPage.MMIO, true, 0xFED0_0000L, 8, 1);

        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.CLEAR_VM_IOREQ)).isZero();

        assertThat(partition.take(0)).isEqualTo(0x55);
        assertThat(page.state(2)).isEqualTo(IoRequestPage.COMPLETE);
        assertThat(new Attached().sleeping().thread.isAlive()).as("nothing is unfinished").isTrue();
    }

    @Test
    @DisplayName("HSM-IOREQ-17 HSM-IOREQ-18 while clearing, requests complete at once with their value; it ends in spite"
            + " of a handler that does not return")
    void clearWhileBusy() throws Exception {
        FakePartition partition = attachable();
        Gate gate = new Gate();
        var busy = hsm.machines().getFirst().ioRequests().threaded("busy", access -> gate.pass(1));
        busy.add(IoRange.ports(0x60, 1));
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);
        CompletableFuture<Integer> cleared = CompletableFuture.supplyAsync(
                () -> ioctl(IoctlNumber.CLEAR_VM_IOREQ));
        Deadline.await("requests complete at once, or clearing has ended", () -> {
            if (page.state(1) == IoRequestPage.FREE) {
                partition.post(1, IoRequestPage.PORTIO, false, PORT, 4, 0xABCD);
            }
            return page.state(1) == IoRequestPage.COMPLETE || cleared.isDone();
        });

        assertThat(cleared.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isZero();
        assertThat(ioctl(IoctlNumber.CLEAR_VM_IOREQ)).as("completes what came too late to see it").isZero();
        assertThat(partition.take(1)).isEqualTo(0xABCD);
        gate.open();
        partition.take(0);
    }

    @Test
    @DisplayName("HSM-IOREQ-22 RESET makes all slots FREE, and nothing is unfinished")
    void resetFrees() {
        FakePartition partition = attachable();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 4, 0);
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();

        assertThat(ioctl(IoctlNumber.RESET_VM)).isZero();

        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        assertThat(finish(0)).as("too late").isZero();
        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-IOREQ-01 slot n of the caller's page is that of vCPU n")
    void slotsAreVcpus() {
        FakePartition partition = attachable();
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            partition.post(vcpu, IoRequestPage.PORTIO, true, 0x100 + vcpu, 1, vcpu);
            partition.awaitState(vcpu, IoRequestPage.PROCESSING);
        }
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            assertThat(page.address(vcpu)).isEqualTo(0x100 + vcpu);
            assertThat(finish(vcpu)).isZero();
            partition.take(vcpu);
        }
        assertThat(hsm.machines().getFirst().ioRequests().counters().lost()).isZero();
    }
}
