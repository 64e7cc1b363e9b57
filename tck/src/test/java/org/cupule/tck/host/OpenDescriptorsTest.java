package org.cupule.tck.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.host.EventFd;
import org.cupule.host.LocalEventFd;
import org.cupule.host.OpenDescriptors;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class OpenDescriptorsTest {
    private final OpenDescriptors table = new OpenDescriptors();

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(HsmException.class).isThrownBy(call).extracting(HsmException::errno)
                .isEqualTo(errno);
    }

    @Test
    void givesTheLowestFreeNumberAndAHandleOfItsOwn() {
        EventFd counter = LocalEventFd.create(0);
        int first = table.open(counter);
        int second = table.open(LocalEventFd.create(0));
        table.close(first);

        assertThat(second).isEqualTo(first + 1);
        assertThat(table.open(LocalEventFd.create(5))).isEqualTo(first);
        try (EventFd found = table.eventFd(first)) {
            assertThat(found.take()).isEqualTo(5);
        }
    }

    @Test
    void theEndOfTheTableIsTheHangUpOfWhatIsInIt() {
        AtomicInteger hangUps = new AtomicInteger();
        EventFd counter = LocalEventFd.create(0);
        counter.listen(new EventFd.Listener() {
            @Override
            public void signalled() {
                throw new AssertionError("nobody signals");
            }

            @Override
            public void hungUp() {
                hangUps.incrementAndGet();
            }
        });
        table.open(counter);
        table.close();

        assertThat(hangUps).hasValue(1);
        assertErrno(Errno.EBADF, () -> table.eventFd(3));
    }

    @Test
    void aNumberThatIsNotOpenIsEbadfAndAnotherThingIsEinval() {
        AtomicInteger closed = new AtomicInteger();
        int file = table.open(closed::incrementAndGet);

        assertErrno(Errno.EBADF, () -> table.eventFd(-1));
        assertErrno(Errno.EBADF, () -> table.eventFd(file + 1));
        assertErrno(Errno.EINVAL, () -> table.eventFd(file));
        assertErrno(Errno.EBADF, () -> table.close(file + 1));
        table.close(file);
        assertThat(closed).hasValue(1);
    }

    @Test
    void aSecondThingUnderANumberEndsTheFirst() {
        AtomicInteger closed = new AtomicInteger();
        table.open(9, closed::incrementAndGet);
        table.open(9, LocalEventFd.create(1));

        assertThat(closed).hasValue(1);
        assertThat(table.eventFd(9).take()).isEqualTo(1);
    }
}
