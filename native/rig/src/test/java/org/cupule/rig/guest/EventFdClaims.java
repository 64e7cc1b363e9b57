package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cupule.abi.AcrnIoeventfd;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.rig.guest.StandIn.Hypercall;
import org.cupule.types.Errno;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Linux's driver itself: ioeventfd and irqfd. */
class EventFdClaims extends DriverFixture {
    private static final long EMPTY = -Errno.EAGAIN.number();
    private static final int DOORBELL = 0x510;
    private static final int INJECT_MSI = 0x8000_0023;
    private int first;
    private int second;

    @BeforeEach
    void openBoth() {
        first = Sys.eventFd(0);
        second = Sys.eventFd(0);
    }

    @AfterEach
    void closeBoth() {
        Sys.close(first);
        Sys.close(second);
    }

    private AcrnIoeventfd bell(int fd, int flags, long address, int length, long data) {
        AcrnIoeventfd bell = zeros(AcrnIoeventfd.LAYOUT, AcrnIoeventfd::new);
        bell.fd(fd);
        bell.flags(flags);
        bell.addr(address);
        bell.len(length);
        bell.data(data);
        return bell;
    }

    private int assign(int fd, int flags, int length, long data) {
        return ioctl(IoctlNumber.IOEVENTFD, bell(fd, AcrnIoeventfd.PIO | flags, DOORBELL, length, data));
    }

    private AcrnIrqfd line(int fd, int flags) {
        AcrnIrqfd line = zeros(AcrnIrqfd.LAYOUT, AcrnIrqfd::new);
        line.fd(fd);
        line.flags(flags);
        AcrnMsiEntry message = new AcrnMsiEntry(line.memory().asSlice(8, 16));
        message.address(0xFEE0_2000L);
        message.data(0x55);
        return line;
    }

    @Test
    @DisplayName("HSM-IOEFD-01 odd lengths, an overflow and reserved fields are EINVAL")
    void refused() {
        started();
        assertThat(assign(first, 0, 3, 0)).isEqualTo(EINVAL);
        assertThat(assign(first, 0, 0, 0)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, bell(first, 0, -4, 8, 0))).isEqualTo(EINVAL);
        AcrnIoeventfd reserved = bell(first, 1, DOORBELL, 1, 0);
        reserved.reserved(1);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, reserved)).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-IOREQ-08 an unclaimed request of vCPU 0 keeps that of vCPU 1 from its ioeventfd, in that round only")
    void unclaimedBlocksTheRound() {
        created();
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(assign(first, 0, 1, 0)).isZero();
        StandIn.post(vmid, 1, IoRequestPage.PORTIO, IoRequestPage.WRITE, DOORBELL, 1, 0);
        StandIn.take(vmid, 1);
        assertThat(Sys.take(first)).as("alone it is served").isEqualTo(1);
        StandIn.write(vmid, 0, IoRequestPage.PORTIO, IoRequestPage.READ, 0x60, 1, 0);
        StandIn.write(vmid, 1, IoRequestPage.PORTIO, IoRequestPage.WRITE, DOORBELL, 1, 0);

        StandIn.command("upcall");
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        StandIn.command("upcall");

        StandIn.take(vmid, 1);
        assertThat(Sys.take(first)).isEqualTo(1);
        assertThat(ioctl(IoctlNumber.ATTACH_IOREQ_CLIENT)).isZero();
        answer(0, 5);
        assertThat(StandIn.take(vmid, 0)).isEqualTo(5);
    }

    @Test
    @DisplayName("HSM-IOEFD-07 what is not open is EBADF, what is no eventfd EINVAL")
    void noEventFd() {
        started();
        assertThat(assign(9999, 0, 1, 0)).isEqualTo(EBADF);
        assertThat(assign(hsm, 0, 1, 0)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.IRQFD, line(9999, 0))).isEqualTo(EBADF);
        assertThat(ioctl(IoctlNumber.IRQFD, line(hsm, 0))).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-IOEFD-02 the same again is EEXIST, another eventfd is not, and the first one gets the signals")
    void twice() {
        started();
        assertThat(assign(first, 0, 2, 0)).isZero();
        assertThat(assign(first, 0, 2, 0)).isEqualTo(EEXIST);
        assertThat(assign(second, 0, 2, 0)).isZero();
        StandIn.out(vmid, 0, DOORBELL, 2, 1);
        assertThat(Sys.take(first)).isEqualTo(1);
        assertThat(Sys.take(second)).isEqualTo(EMPTY);
    }

    @Test
    @DisplayName("HSM-IOEFD-03 a matching value signals, another one is swallowed")
    void dataMatch() {
        started();
        assertThat(assign(first, AcrnIoeventfd.DATAMATCH, 2, 7)).isZero();
        StandIn.out(vmid, 0, DOORBELL, 2, 8);
        assertThat(Sys.take(first)).isEqualTo(EMPTY);
        StandIn.out(vmid, 0, DOORBELL, 2, 7);
        assertThat(Sys.take(first)).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-04 HSM-IOEFD-05 reads are 0; a narrower write signals at the address, not beside it")
    void narrow() {
        started();
        assertThat(assign(first, 0, 4, 0)).isZero();
        assertThat(StandIn.in(vmid, 0, DOORBELL, 4)).isZero();
        StandIn.out(vmid, 0, DOORBELL + 1, 1, 1);
        assertThat(Sys.take(first)).isEqualTo(EMPTY);
        StandIn.out(vmid, 0, DOORBELL, 1, 1);
        assertThat(Sys.take(first)).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-06 deassigning goes by the eventfd alone, and one that is not there is 0")
    void deassign() {
        started();
        assertThat(assign(first, 0, 4, 0)).isZero();
        assertThat(ioctl(IoctlNumber.IOEVENTFD, bell(second, AcrnIoeventfd.DEASSIGN, 0, 0, 0))).isZero();
        assertThat(ioctl(IoctlNumber.IOEVENTFD, bell(first, AcrnIoeventfd.DEASSIGN, 0, 0, 0))).isZero();
        assertThat(assign(first, 0, 4, 0)).isZero();
    }

    @Test
    @DisplayName("HSM-IRQFD-01 HSM-IRQFD-02 a signal is one message; one from before is injected at once")
    void messages() {
        started();
        assertThat(ioctl(IoctlNumber.IRQFD, line(first, 0))).isZero();
        List<Hypercall> calls = StandIn.during(() -> Sys.signal(first, 3));
        assertThat(calls).extracting(Hypercall::id).containsExactly(INJECT_MSI);
        assertThat(calls.getFirst().argument()).isEqualTo("0020e0fe000000005500000000000000");
        Sys.signal(second, 1);
        assertThat(StandIn.during(() -> assertThat(ioctl(IoctlNumber.IRQFD, line(second, 0))).isZero())).hasSize(1);
    }

    @Test
    @DisplayName("HSM-IRQFD-03 HSM-IRQFD-04 twice is EBUSY; deassigning stops it and takes the counter")
    void lines() {
        started();
        assertThat(ioctl(IoctlNumber.IRQFD, line(first, 0))).isZero();
        assertThat(ioctl(IoctlNumber.IRQFD, line(first, 0))).isEqualTo(EBUSY);
        Sys.signal(first, 1);
        assertThat(ioctl(IoctlNumber.IRQFD, line(first, AcrnIrqfd.DEASSIGN))).isZero();
        assertThat(Sys.take(first)).isEqualTo(EMPTY);
        assertThat(StandIn.during(() -> Sys.signal(first, 1))).isEmpty();
    }

    @Test
    @DisplayName("HSM-IRQFD-05 closing the eventfd ends its line, and ending it again is harmless")
    void hangUp() {
        started();
        int third = Sys.eventFd(0);
        assertThat(ioctl(IoctlNumber.IRQFD, line(third, 0))).isZero();
        Sys.close(third);
        int again = Sys.eventFd(0);
        assertThat(ioctl(IoctlNumber.IRQFD, line(again, AcrnIrqfd.DEASSIGN))).isZero();
        Soon.until(() -> ioctl(IoctlNumber.IRQFD, line(again, 0)) == 0);
        Sys.close(again);
    }

    @Test
    @DisplayName("HSM-IRQFD-06 who signals does not learn that the injection failed")
    void injectionFails() {
        started();
        assertThat(ioctl(IoctlNumber.IRQFD, line(first, 0))).isZero();
        StandIn.fail(0x23, -1, 1);
        Sys.signal(first, 1);
        assertThat(StandIn.during(() -> Sys.signal(first, 1))).extracting(Hypercall::result).containsExactly(0L);
    }
}
