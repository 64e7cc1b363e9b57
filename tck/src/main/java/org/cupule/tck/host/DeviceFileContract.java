package org.cupule.tck.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.host.CallBack;
import org.cupule.host.DeviceFile;
import org.cupule.host.Host;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an open device is, on a host with the devices of Unix, and how a thread that waits in it is called back. */
public abstract class DeviceFileContract {
    private static final int DEADLINE_SECONDS = 60;
    /** Terminals: get and set the window's size, and the number of a new pair, through memory; flush, by a number. */
    private static final int TIOCGWINSZ = 0x5413;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TIOCGPTN = 0x80045430;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int FIONREAD = 0x541B;
    private static final int TCFLSH = 0x540B;
    private static final int TCIFLUSH = 0;
    private static final int NO_QUEUE = 99;

    private final Host host = host();
    private final Arena arena = Arena.ofConfined();

    /** Only a contract. */
    protected DeviceFileContract() {
    }

    /** {@return the host under test} */
    protected abstract Host host();

    /** Lets go of the test's memory. */
    @AfterEach
    void closeArena() {
        arena.close();
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(HsmException.class).isThrownBy(call).extracting(HsmException::errno)
                .isEqualTo(errno);
    }

    private DeviceFile open(String path) {
        return host.open(Path.of(path));
    }

    /** {@return the other end of a pair of terminals} */
    private DeviceFile slave(DeviceFile master) {
        MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
        assertThat(master.ioctl(TIOCSPTLCK, number)).isZero();
        assertThat(master.ioctl(TIOCGPTN, number)).isZero();
        return open("/dev/pts/" + number.get(ValueLayout.JAVA_INT, 0));
    }

    @Test
    void aDeviceThatIsNotThereIsEnoent() {
        assertErrno(Errno.ENOENT, () -> open("/dev/no such device"));
    }

    @Test
    void whatTheSystemHasAnotherErrorForTellsItsNumber() {
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> open("/dev")).withMessageContaining("errno 21");
    }

    @Test
    void aCommandThatTheDriverDoesNotKnowGivesItsErrorNumber() {
        try (DeviceFile device = open("/dev/null")) {
            assertThat(device.ioctl(TIOCGWINSZ, 0)).isEqualTo(-Errno.ENOTTY.number());
            assertThat(device.ioctl(TIOCGWINSZ, arena.allocate(8))).isEqualTo(-Errno.ENOTTY.number());
        }
    }

    @Test
    void aCommandReadsAndWritesItsMemory() {
        try (DeviceFile terminal = open("/dev/ptmx")) {
            MemorySegment set = arena.allocateFrom(ValueLayout.JAVA_LONG, 0x0004_0003_0002_0001L);
            MemorySegment got = arena.allocate(ValueLayout.JAVA_LONG);

            assertThat(terminal.ioctl(TIOCSWINSZ, set)).isZero();
            assertThat(terminal.ioctl(TIOCGWINSZ, got)).isZero();

            assertThat(got.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0x0004_0003_0002_0001L);
        }
    }

    @Test
    void anAddressThatLeadsNowhereIsEfault() {
        try (DeviceFile terminal = open("/dev/ptmx")) {
            assertThat(terminal.ioctl(TIOCGWINSZ, 8)).isEqualTo(-Errno.EFAULT.number());
        }
    }

    @Test
    void aCommandGetsItsNumber() {
        try (DeviceFile terminal = open("/dev/ptmx")) {
            assertThat(terminal.ioctl(TCFLSH, NO_QUEUE)).isEqualTo(-Errno.EINVAL.number());
            assertThat(terminal.ioctl(TCFLSH, TCIFLUSH)).isZero();
        }
    }

    @Test
    void writtenBytesArriveAndPollSaysSo() {
        try (DeviceFile master = open("/dev/ptmx"); DeviceFile slave = slave(master)) {
            MemorySegment waiting = arena.allocate(ValueLayout.JAVA_INT);
            assertThat(slave.poll(DeviceFile.POLL_IN, 0)).isZero();

            assertThat(master.write(arena.allocateFrom("hello\n").asSlice(0, 6))).isEqualTo(6);

            assertThat(slave.poll(DeviceFile.POLL_IN, DEADLINE_SECONDS * 1000)).isEqualTo(DeviceFile.POLL_IN);
            assertThat(slave.ioctl(FIONREAD, waiting)).isZero();
            assertThat(waiting.get(ValueLayout.JAVA_INT, 0)).isEqualTo(6);
        }
    }

    @Test
    void aClosedDeviceAnswersEbadf() {
        DeviceFile device = open("/dev/zero");
        device.close();

        assertThat(device.ioctl(TIOCGWINSZ, 0)).isEqualTo(-Errno.EBADF.number());
        assertThat(device.ioctl(TIOCGWINSZ, arena.allocate(8))).isEqualTo(-Errno.EBADF.number());
        assertThat(device.write(arena.allocate(1))).isEqualTo(-Errno.EBADF.number());
        assertThat(device.poll(DeviceFile.POLL_IN, 0)).isEqualTo(-Errno.EBADF.number());
    }

    @Test
    void closingTwiceDoesNotReachWhoGotTheNumber() {
        DeviceFile first = open("/dev/null");
        first.close();
        try (DeviceFile second = open("/dev/null")) {
            first.close();

            assertThat(second.write(arena.allocate(3))).isEqualTo(3);
        }
    }

    /** A thread that waits in a terminal that nobody writes to, until it is called back. */
    private final class Sleeper implements AutoCloseable {
        private final DeviceFile master = open("/dev/ptmx");
        private final DeviceFile terminal = slave(master);
        private final CountDownLatch ready = new CountDownLatch(1);
        private final AtomicReference<CallBack> callBack = new AtomicReference<>();
        private final CompletableFuture<Long> answer = new CompletableFuture<>();
        private final AtomicBoolean out = new AtomicBoolean();

        Sleeper begin() throws InterruptedException {
            Thread.ofPlatform().daemon().start(this::sleep);
            assertThat(ready.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
            return this;
        }

        private void sleep() {
            try (CallBack mine = host.currentThread()) {
                callBack.set(mine);
                ready.countDown();
                answer.complete(terminal.poll(DeviceFile.POLL_IN, -1));
            } catch (RuntimeException | Error failure) {
                answer.completeExceptionally(failure);
            } finally {
                out.set(true);
            }
        }

        long calledBack() throws Exception {
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
            while (!out.get() && System.nanoTime() - until < 0) {
                callBack.get().call();
                Thread.yield();
            }
            return answer.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public void close() {
            terminal.close();
            master.close();
        }
    }

    @Test
    void aThreadThatWaitsInTheKernelIsCalledBack() throws Exception {
        try (Sleeper sleeper = new Sleeper().begin()) {
            assertThat(sleeper.calledBack()).isEqualTo(-Errno.EINTR.number());
        }
    }

    @Test
    void oneThreadIsCalledBackAndNoOther() throws Exception {
        try (Sleeper called = new Sleeper().begin(); Sleeper other = new Sleeper().begin()) {
            called.calledBack();

            assertThat(other.answer).isNotDone();
            assertThat(other.calledBack()).isEqualTo(-Errno.EINTR.number());
        }
    }

    @Test
    void aDeviceThatIsClosedWhileAThreadWaitsInItStaysOpenUntilItHasLeft() throws Exception {
        try (Sleeper sleeper = new Sleeper().begin()) {
            sleeper.terminal.close();

            assertThat(sleeper.terminal.ioctl(TIOCGWINSZ, 0)).isEqualTo(-Errno.EBADF.number());
            assertThat(sleeper.calledBack()).isIn((long) -Errno.EINTR.number(), (long) -Errno.EBADF.number());
        }
    }

    @Test
    void aThreadIsNotCalledBackAfterItsEnd() throws Exception {
        try (Sleeper sleeper = new Sleeper().begin()) {
            sleeper.calledBack();

            sleeper.callBack.get().call();
            sleeper.callBack.get().close();
        }
    }

    @Test
    void aThreadThatDoesNotWaitIsNotDisturbed() {
        try (CallBack self = host.currentThread(); DeviceFile device = open("/dev/null")) {
            for (int i = 0; i < 1000; i++) {
                self.call();
                assertThat(device.write(arena.allocate(1))).isEqualTo(1);
            }
        }
    }

    @Test
    void aVirtualThreadHasNoThreadToCall() throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                host.currentThread().close();
                thrown.complete(new AssertionError("it has"));
            } catch (HsmException refused) {
                thrown.complete(refused);
            }
        });

        assertThat(thrown.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isInstanceOfSatisfying(HsmException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void smallPagesAreWhatMemoryGives() {
        assertThat(host.memory("small", 8192, 4096)).satisfies(memory -> {
            assertThat(host.map(memory, 0, 8192, arena).byteSize()).isEqualTo(8192);
            memory.close();
        });
    }

    @Test
    void hugePagesThatTheSystemHasNotAreRefused() {
        assertErrno(Errno.EINVAL, () -> host.memory("odd", 4096, 2 << 20));
        assertErrno(Errno.EINVAL, () -> host.memory("odd", 3 << 20, 3 << 20));
        assertErrno(Errno.EOPNOTSUPP, () -> host.memory("odd", 1L << 45, 1L << 45));
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> host.memory("much", 1L << 45, 2 << 20))
                .extracting(HsmException::errno).isIn(Errno.ENOMEM, Errno.EOPNOTSUPP);
    }
}
