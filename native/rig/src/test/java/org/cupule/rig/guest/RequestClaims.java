package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.rig.guest.StandIn.Hypercall;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Linux's driver itself: I/O requests of the default client, and its combiner of PCI ports. */
class RequestClaims extends DriverFixture {
    private static final int NOTIFY = 0x8000_0031;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private int attach() {
        return ioctl(IoctlNumber.ATTACH_IOREQ_CLIENT);
    }

    @Test
    @DisplayName("HSM-IOREQ-03 HSM-IOREQ-04 HSM-IOREQ-06 HSM-IOREQ-11 a request goes its round, with one notice")
    void round() {
        started();
        StandIn.post(vmid, 1, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 2, 0);
        assertThat(attach()).isZero();
        assertThat(attach()).as("at once, while it is unfinished").isZero();
        assertThat(page.state(1)).isEqualTo(IoRequestPage.PROCESSING);
        assertThat(page.kernelHandled(1)).isFalse();
        assertThat(page.address(1)).isEqualTo(0x60);

        assertThat(StandIn.during(() -> answer(1, 0x1234))).extracting(Hypercall::id).containsExactly(NOTIFY);

        assertThat(StandIn.take(vmid, 1)).isEqualTo(0x1234);
        assertThat(page.state(1)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-ARCH-01 HSM-IOREQ-01 the slot is the vCPU's, and two are used at once")
    void slots() {
        started();
        StandIn.post(vmid, 0, IoRequestPage.MMIO, IoRequestPage.WRITE, 0xE000_0010L, 8, 0x1122_3344_5566_7788L);
        StandIn.post(vmid, 2, IoRequestPage.PORTIO, IoRequestPage.READ, 0x70, 1, 0);
        assertThat(attach()).isZero();
        assertThat(page.value(0)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(page.size(0)).isEqualTo(8);
        assertThat(page.write(0)).isTrue();
        answer(2, 7);
        assertThat(StandIn.take(vmid, 2)).isEqualTo(7);
        assertThat(page.state(0)).isEqualTo(IoRequestPage.PROCESSING);
        answer(0, 0);
    }

    @Test
    @DisplayName("HSM-IOREQ-05 with completion polling a request is COMPLETE without a notice to the hypervisor")
    void polling() {
        AcrnVmCreation creation = creation();
        creation.vmFlag(4);
        assertThat(ioctl(IoctlNumber.CREATE_VM, creation)).isZero();
        vmid = creation.vmid();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0);
        assertThat(attach()).isZero();
        assertThat(StandIn.during(() -> answer(0, 9))).isEmpty();
        assertThat(StandIn.take(vmid, 0)).isEqualTo(9);
    }

    @Test
    @DisplayName("HSM-IOREQ-07 without a client a request stays PENDING, and is served after one came and a new upcall")
    void noClient() {
        created();
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0);
        assertThat(page.state(0)).isEqualTo(IoRequestPage.PENDING);
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        StandIn.command("upcall");
        assertThat(attach()).isZero();
        answer(0, 5);
        assertThat(StandIn.take(vmid, 0)).isEqualTo(5);
    }

    @Test
    @DisplayName("HSM-IOREQ-09 HSM-IOREQ-10 a second client is EEXIST, ATTACH without one ENODEV")
    void clients() {
        created();
        assertThat(attach()).isEqualTo(ENODEV);
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isEqualTo(EEXIST);
        assertThat(ioctl(IoctlNumber.DESTROY_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.DESTROY_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-14 HSM-IOREQ-15 notices: a vCPU too many and reserved fields are EINVAL, no client is 0")
    void notices() {
        created();
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, notice(0))).as("no client").isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, notice(VCPUS))).isEqualTo(EINVAL);
        AcrnIoreqNotify reserved = notice(0);
        reserved.memory().set(java.lang.foreign.ValueLayout.JAVA_SHORT, 2, (short) 1);
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, reserved)).isEqualTo(EINVAL);
        AcrnIoreqNotify other = notice(0);
        other.memory().set(java.lang.foreign.ValueLayout.JAVA_SHORT, 0, (short) 77);
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0);
        assertThat(attach()).isZero();
        assertThat(ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, other)).as("another VM's id").isZero();
        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-IOREQ-16 HSM-IOREQ-22 CLEAR completes what the client has, RESET frees all slots")
    void clear() {
        started();
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0);
        StandIn.post(vmid, 1, IoRequestPage.PORTIO, IoRequestPage.READ, 0x61, 1, 0);
        assertThat(attach()).isZero();
        assertThat(ioctl(IoctlNumber.PAUSE_VM)).isZero();
        assertThat(ioctl(IoctlNumber.CLEAR_VM_IOREQ)).isZero();
        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        assertThat(ioctl(IoctlNumber.RESET_VM)).isZero();
        assertThat(page.state(1)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-IOREQ-12 ATTACH returns 0 at a signal")
    void signal() throws Exception {
        started();
        Signals.catchUsr1();
        AtomicInteger sleeper = new AtomicInteger();
        CompletableFuture<Integer> attached = CompletableFuture.supplyAsync(() -> {
            sleeper.set(Sys.thread());
            return attach();
        });
        Soon.until(() -> sleeper.get() != 0);
        Soon.until(() -> Sys.kill(sleeper.get(), Signals.USR1) == 0 && attached.isDone());
        assertThat(attached.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
    }

    @Test
    @DisplayName("HSM-PCI-01 HSM-PCI-02 port 0xCF8 reads back what was written, and 0xCFC without its bit 31 reads ones")
    void addressPort() {
        started();
        StandIn.out(vmid, 0, 0xCF8, 4, 0x1234_5678);
        assertThat(StandIn.in(vmid, 0, 0xCF8, 4)).isEqualTo(0x1234_5678);
        assertThat(StandIn.in(vmid, 0, 0xCFC, 4)).isEqualTo(0xFFFF_FFFFL);
        StandIn.out(vmid, 0, 0xCFC, 4, 1);
        assertThat(StandIn.in(vmid, 1, 0xCF8, 4)).as("the latch is the VM's").isEqualTo(0x1234_5678);
    }

    @Test
    @DisplayName("HSM-PCI-03 HSM-PCI-04 an access of the data port becomes one of a function's configuration space")
    void dataPort() {
        started();
        StandIn.out(vmid, 0, 0xCF8, 4, 0x8001_1A40);
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0xCFE, 2, 0);
        assertThat(attach()).isZero();
        assertThat(page.type(0)).isEqualTo(IoRequestPage.PCICFG);
        assertThat(new int[]{page.bus(0), page.device(0), page.function(0), page.register(0)})
                .containsExactly(1, 3, 2, 0x42);
        answer(0, 0xABCD);
        assertThat(StandIn.take(vmid, 0)).isEqualTo(0xABCD);

        StandIn.out(vmid, 0, 0xCF8, 4, 0x8501_1A40);
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0xCFC, 4, 0);
        assertThat(attach()).isZero();
        assertThat(page.register(0)).isEqualTo(0x540);
        answer(0, 0);
    }

    @Test
    @DisplayName("HSM-PCI-06 port 0xCF9 is not the combiner's")
    void resetPort() {
        started();
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.WRITE, 0xCF9, 1, 6);
        assertThat(attach()).isZero();
        assertThat(page.type(0)).isEqualTo(IoRequestPage.PORTIO);
        assertThat(page.address(0)).isEqualTo(0xCF9);
        answer(0, 0);
    }

    @Test
    @DisplayName("a slot that is not free takes no second request")
    void busySlot() {
        started();
        StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0);
        assertThatThrownBy(() -> StandIn.post(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0))
                .hasRootCauseMessage("Device or resource busy");
        assertThat(attach()).isZero();
        answer(0, 0);
    }
}
