package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cupule.abi.AcrnIoeventfd;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.EventFd;
import org.cupule.host.LocalEventFd;
import org.cupule.types.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Event counters through the character device ({@code hsm.md} 12): the caller names them by descriptor. */
public abstract class DeviceEventFdContract extends DeviceFixture {
    private static final int EBUSY = -Errno.EBUSY.number();
    private static final int DOORBELL = 0x510;
    private static final long MESSAGE_ADDRESS = 0xFEE0_1000L;

    private final EventFd counter = LocalEventFd.create(0);
    private final int fd = descriptors.open(counter);

    /** Only a contract. */
    protected DeviceEventFdContract() {
    }

    private static AcrnIoeventfd ioeventfd(int fd, int flags, long address, int lengthBytes) {
        AcrnIoeventfd argument = zeros(AcrnIoeventfd.LAYOUT, AcrnIoeventfd::new);
        argument.fd(fd);
        argument.flags(flags);
        argument.addr(address);
        argument.len(lengthBytes);
        return argument;
    }

    private static AcrnIrqfd irqfd(int fd, int flags) {
        AcrnIrqfd argument = zeros(AcrnIrqfd.LAYOUT, AcrnIrqfd::new);
        argument.fd(fd);
        argument.flags(flags);
        argument.msi().address(MESSAGE_ADDRESS);
        argument.msi().data(0x41);
        return argument;
    }

    private static List<String> messages(FakePartition partition) {
        return partition.journal().stream().filter(line -> line.startsWith("msi")).toList();
    }

    @Test
    @DisplayName("HSM-IOEFD-01 reserved, length and end are looked at before the descriptor, all EINVAL")
    void numbersFirst() {
        created();
        AcrnIoeventfd reserved = ioeventfd(fd, AcrnIoeventfd.PIO, DOORBELL, 2);
        reserved.reserved(1);

        assertThat(ioctl(IoctlNumber.IOEVENTFD, reserved)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(-1, AcrnIoeventfd.PIO, DOORBELL, 3))).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(-1, AcrnIoeventfd.PIO, DOORBELL, 0))).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(-1, 0, -4, 8))).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-IOEFD-07 a descriptor that is not open is EBADF, one of something else EINVAL")
    void otherDescriptors() {
        created();
        int file = descriptors.open(() -> {
        });

        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(999, 0, 0x1000, 4))).isEqualTo(EBADF);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(file, 0, 0x1000, 4))).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(999, 0))).isEqualTo(EBADF);
        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(file, 0))).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-IOEFD-02 HSM-IOEFD-03 the same again is EEXIST; a write of the value signals, another is swallowed")
    void writesSignal() {
        FakePartition partition = created();
        AcrnIoeventfd wanted = ioeventfd(fd, AcrnIoeventfd.PIO | AcrnIoeventfd.DATAMATCH | 8, DOORBELL, 2);
        wanted.data(7);
        assertThat(ioctl(IoctlNumber.IOEVENTFD, wanted)).as("flag 8 is ignored").isZero();
        assertThat(ioctl(IoctlNumber.IOEVENTFD, wanted)).isEqualTo(EEXIST);

        partition.out(0, DOORBELL, 2, 7);
        partition.out(0, DOORBELL, 2, 8);

        assertThat(counter.take()).isEqualTo(1);
        assertThat(partition.in(0, DOORBELL, 2)).as("HSM-IOEFD-04").isZero();
    }

    @Test
    @DisplayName("HSM-IOEFD-06 deassign goes by the descriptor alone, of which one without is 0")
    void deassign() {
        FakePartition partition = created();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(fd, 0, 0xC000_0000L, 4))).isZero();

        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(fd, AcrnIoeventfd.DEASSIGN, 0, 99))).isZero();
        assertThat(ioctl(IoctlNumber.IOEVENTFD, ioeventfd(fd, AcrnIoeventfd.DEASSIGN, 0, 99))).isZero();

        partition.post(0, IoRequestPage.MMIO, true, 0xC000_0000L, 4, 1);
        partition.awaitState(0, IoRequestPage.PROCESSING);
        assertThat(counter.take()).isZero();
    }

    @Test
    @DisplayName("HSM-IRQFD-01 HSM-IRQFD-03 a signal is one message; a second irqfd of the counter is EBUSY")
    void signalsInject() {
        FakePartition partition = created();
        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(fd, 0))).isZero();
        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(fd, 0))).isEqualTo(EBUSY);

        counter.signal();

        Deadline.await("a message", () -> messages(partition).equals(List.of("msi 0xfee01000=0x41")));
    }

    @Test
    @DisplayName("HSM-IRQFD-02 HSM-IRQFD-04 a count at assignment injects at once; deassign stops it and zeroes the count")
    void countAndDeassign() {
        FakePartition partition = created();
        counter.add(5);
        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(fd, 0))).isZero();
        Deadline.await("a message", () -> messages(partition).size() == 1);

        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(fd, AcrnIrqfd.DEASSIGN))).isZero();
        assertThat(ioctl(IoctlNumber.IRQFD, irqfd(fd, AcrnIrqfd.DEASSIGN))).as("none is no error").isZero();

        assertThat(counter.take()).isZero();
        counter.signal();
        assertThat(messages(partition)).hasSize(1);
    }
}
