package org.cupule.hsm.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.memory.LentMemory;
import org.cupule.types.Errno;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ConversationTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int EFAULT = -Errno.EFAULT.number();
    private static final int EBADF = -Errno.EBADF.number();
    private static final int COMMAND = 0x1234;
    private static final long ADDRESS = 0x7F00_0000_1000L;

    private final Fakes.Device device = new Fakes.Device();
    private final Fakes.MemoryHost host = new Fakes.MemoryHost();
    private final OpenFiles files = new OpenFiles(device);
    private final Fakes.Connection connection = new Fakes.Connection();
    private final Thread thread = talk(connection);

    private Thread talk(Fakes.Connection with) {
        return Thread.ofPlatform().start(new Conversation(host, files, with));
    }

    @AfterEach
    void end() throws InterruptedException {
        connection.hangUp();
        assertThat(thread.join(DEADLINE)).isTrue();
        assertThat(connection.closed).isTrue();
        assertThat(device.handles).allMatch(handle -> handle.closed);
        assertThat(files.count()).isZero();
    }

    private byte[] opened() {
        connection.say(Fakes.open());
        byte[] answer = connection.answer();
        return Arrays.copyOfRange(answer, 8, answer.length);
    }

    private int ioctl(int command, long argument, int flags, byte[] bytes) {
        connection.say(Fakes.packet(Request.IOCTL, command, argument, flags, bytes));
        return connection.result();
    }

    @Test
    @DisplayName("OPEN makes an open file with a token of 16 bytes, which lives as long as the connection")
    void open() throws InterruptedException {
        assertThat(opened()).hasSize(16);
        assertThat(device.handles).hasSize(1).noneMatch(handle -> handle.closed);

        connection.hangUp();

        assertThat(thread.join(DEADLINE)).isTrue();
        assertThat(device.handles).allMatch(handle -> handle.closed);
    }

    @Test
    @DisplayName("numbers and results go through unchanged")
    void numbers() {
        opened();
        device.action = (handle, command, argument) -> command == COMMAND && argument == -1 ? -22 : 7;

        assertThat(ioctl(COMMAND, -1, 0, new byte[0])).isEqualTo(-22);
        assertThat(ioctl(COMMAND, 1, 0, new byte[0])).isEqualTo(7);
    }

    @Test
    @DisplayName("the client's memory is what came along, at that address; all else is EFAULT")
    void memory() {
        opened();
        MemorySegment target = MemorySegment.ofArray(new byte[8]);
        device.action = (handle, command, argument) -> {
            handle.memory.read(argument, target);
            return 0;
        };

        assertThat(ioctl(COMMAND, ADDRESS, Request.READABLE, new byte[]{1, 2, 3, 4, 5, 6, 7, 8})).isZero();
        assertThat(target.get(ValueLayout.JAVA_BYTE, 7)).isEqualTo((byte) 8);
        assertThat(ioctl(COMMAND, ADDRESS, Request.READABLE, new byte[7])).as("one byte short").isEqualTo(EFAULT);
        assertThat(ioctl(COMMAND, ADDRESS, 0, new byte[8])).as("not readable").isEqualTo(EFAULT);
        device.action = (handle, command, argument) -> {
            handle.memory.read(argument + 8, target);
            return 0;
        };
        assertThat(ioctl(COMMAND, ADDRESS, Request.READABLE, new byte[64])).as("another address").isEqualTo(EFAULT);
    }

    @Test
    @DisplayName("what is written goes back where the address can be written, else EFAULT")
    void answers() {
        opened();
        device.action = (handle, command, argument) -> {
            handle.memory.write(argument, MemorySegment.ofArray(new byte[]{9, 8, 7}));
            return 0;
        };

        assertThat(ioctl(COMMAND, ADDRESS, Request.READABLE, new byte[3])).isEqualTo(EFAULT);
        connection.say(Fakes.packet(Request.IOCTL, COMMAND, ADDRESS, Request.WRITABLE, new byte[0]));
        assertThat(connection.answer()).containsExactly(0, 0, 0, 0, 3, 0, 0, 0, 9, 8, 7);
    }

    @Test
    @DisplayName("pages are mapped when exactly they came along; giving them back unmaps them")
    void pages() {
        opened();
        AtomicReference<LentMemory> lent = new AtomicReference<>();
        device.action = (handle, command, argument) -> {
            lent.set(handle.memory.pin(ADDRESS, 8192));
            return 0;
        };
        Fakes.File file = new Fakes.File();
        byte[] packet = Fakes.packet(Request.IOCTL, COMMAND, 0, 0, new byte[0]);

        connection.say(Fakes.withMemory(packet.clone(), ADDRESS, 8192, 0x41), file);
        assertThat(connection.result()).isZero();
        assertThat(lent.get().segment().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 0x41);
        assertThat(file.closed).isTrue();
        lent.get().close();
        assertThat(lent.get().segment().scope().isAlive()).isFalse();

        connection.say(Fakes.withMemory(packet.clone(), ADDRESS, 4096, 0), new Fakes.File());
        assertThat(connection.result()).as("another length").isEqualTo(EFAULT);
        connection.say(Fakes.withMemory(packet.clone(), ADDRESS + 4096, 8192, 0), new Fakes.File());
        assertThat(connection.result()).as("another place").isEqualTo(EFAULT);
        connection.say(Fakes.withMemory(packet.clone(), ADDRESS, 8192, 0));
        assertThat(connection.result()).as("no descriptor").isEqualTo(EFAULT);
    }

    @Test
    @DisplayName("an eventfd that did not come along is EBADF")
    void missingEventFd() {
        opened();
        device.action = (handle, command, argument) -> {
            handle.descriptors.eventFd(3).close();
            return 0;
        };

        assertThat(ioctl(COMMAND, 0, 0, new byte[0])).isEqualTo(EBADF);
    }

    private int irqFd(int flags) {
        AcrnIrqfd argument = new AcrnIrqfd(MemorySegment.ofArray(new byte[(int) AcrnIrqfd.LAYOUT.byteSize()]));
        argument.flags(flags);
        connection.say(Fakes.packet(Request.IOCTL, IoctlNumber.IRQFD.number(), ADDRESS, Request.READABLE,
                argument.memory().toArray(ValueLayout.JAVA_BYTE)), new Fakes.File());
        return connection.result();
    }

    @Test
    @DisplayName("an eventfd with an irqfd does not hang up until it is deassigned")
    void irqFdKeepsItsCounter() {
        opened();
        AtomicBoolean hungUp = new AtomicBoolean();
        host.counter.onHangUp(() -> hungUp.set(true));
        device.action = (handle, command, argument) -> {
            handle.descriptors.eventFd(3).close();
            return 0;
        };

        assertThat(irqFd(0)).isZero();
        host.onlyByPeer();
        assertThat(hungUp).as("the server has it").isFalse();

        assertThat(irqFd(AcrnIrqfd.DEASSIGN)).isZero();
        connection.say(Fakes.packet(Request.CLOSE, 0, 0, 0, new byte[0]));
        assertThat(connection.result()).isZero();
        assertThat(hungUp).isTrue();
    }

    @Test
    @DisplayName("ATTACH waits without holding the connection up: CANCEL and the end of the client interrupt it")
    void attach() throws InterruptedException {
        byte[] token = opened();
        CountDownLatch inside = new CountDownLatch(2);
        device.action = (handle, command, argument) -> sleep(inside);
        Fakes.Connection helper = new Fakes.Connection();
        Thread helping = talk(helper);
        helper.say(Fakes.join(token));
        assertThat(helper.result()).isZero();
        byte[] attach = Fakes.packet(Request.IOCTL, IoctlNumber.ATTACH_IOREQ_CLIENT.number(), 0, 0, new byte[0]);

        connection.say(attach);
        helper.say(attach);
        assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
        helper.say(Fakes.packet(Request.CANCEL, 0, 0, 0, new byte[0]));

        assertThat(helper.result()).isZero();
        assertThat(connection.silent()).isTrue();
        helper.hangUp();
        assertThat(helping.join(DEADLINE)).isTrue();
        assertThat(device.handles).as("a helper owns nothing").noneMatch(handle -> handle.closed);
        connection.say(Fakes.packet(Request.CANCEL, 0, 0, 0, new byte[0]));
        assertThat(connection.result()).isZero();
    }

    private static int sleep(CountDownLatch inside) {
        inside.countDown();
        try {
            new CountDownLatch(1).await();
            return -1;
        } catch (InterruptedException signal) {
            return 0;
        }
    }

    @Test
    @DisplayName("CLOSE closes the file before it answers; ioctls afterwards are hung up on")
    void close() throws InterruptedException {
        opened();
        connection.say(Fakes.packet(Request.CLOSE, 0, 0, 0, new byte[0]));

        assertThat(connection.result()).isZero();
        assertThat(device.handles).allMatch(handle -> handle.closed);
        connection.say(Fakes.packet(Request.IOCTL, COMMAND, 0, 0, new byte[0]));
        assertThat(thread.join(DEADLINE)).isTrue();
    }

    @Test
    @DisplayName("who speaks out of turn is hung up on: an ioctl first, a second OPEN, another version, a bad token")
    void protocol() throws InterruptedException {
        opened();
        for (byte[] wrong : new byte[][]{Fakes.packet(Request.IOCTL, COMMAND, 0, 0, new byte[0]),
                Fakes.packet(Request.IOCTL, IoctlNumber.ATTACH_IOREQ_CLIENT.number(), 0, 0, new byte[0]),
                Fakes.packet(Request.OPEN, 0, 2, 0, new byte[0]), Fakes.join(new byte[16]), new byte[63],
                Fakes.packet(9, 0, 0, 0, new byte[0]), new byte[1], truncated()}) {
            Fakes.Connection other = new Fakes.Connection();
            Fakes.File file = new Fakes.File();
            Thread talking = talk(other);
            other.say(wrong, file);
            assertThat(talking.join(DEADLINE)).isTrue();
            assertThat(other.closed).isTrue();
            assertThat(file.closed).isTrue();
        }
        assertThat(device.handles).hasSize(1);
        connection.say(Fakes.open());
        assertThat(thread.join(DEADLINE)).isTrue();
    }

    private static byte[] truncated() {
        byte[] packet = Fakes.packet(Request.IOCTL, COMMAND, 0, Request.READABLE, new byte[16]);
        return Arrays.copyOf(packet, packet.length - 1);
    }
}
