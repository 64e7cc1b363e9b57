package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixConnection.Received;
import org.cupule.host.UnixServer;
import org.cupule.tck.host.Soon;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinuxSocketTest {
    private static final Host HOST = new LinuxHost();

    @TempDir
    private Path folder;
    private Path path;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void nameTheSocket() {
        path = folder.resolve("s");
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable thing : open.reversed()) {
            thing.close();
        }
    }

    private <T extends AutoCloseable> T keep(T thing) {
        open.add(thing);
        return thing;
    }

    /** Both ends of a connection: the client's, the server's. */
    private record Pair(UnixConnection client, UnixConnection server) {
    }

    private Pair pair(SocketType type) {
        UnixServer server = keep(HOST.listen(path, type));
        UnixConnection client = keep(HOST.connect(path, type));
        return new Pair(client, keep(server.accept().orElseThrow()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(HsmException.class).isThrownBy(call).extracting(HsmException::errno)
                .isEqualTo(errno);
    }

    private static long openDescriptors() {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bytesGoBothWays(SocketType type) {
        Pair pair = pair(type);
        pair.client.send(bytes("question"), List.of());
        assertThat(pair.server.receive(100).bytes()).isEqualTo(bytes("question"));
        pair.server.send(bytes("answer"), List.of());
        assertThat(pair.client.receive(100).bytes()).isEqualTo(bytes("answer"));
    }

    @Test
    void onlyTheOwnerMayConnect() throws IOException {
        keep(HOST.listen(path, SocketType.STREAM));

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
    }

    @Test
    void thePeerIsThisProcess() throws IOException {
        Pair pair = pair(SocketType.STREAM);

        assertThat(pair.server.peer().pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(pair.server.peer().uid()).isEqualTo(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        assertThat(pair.server.peer().gid()).isEqualTo(Files.getAttribute(Path.of("/proc/self"), "unix:gid"));
    }

    @ParameterizedTest
    @EnumSource
    void aDescriptorThatIsPassedRefersToTheSameThing(SocketType type) {
        Pair pair = pair(type);
        EventFd counter = keep(HOST.eventFd(5));
        try (Descriptor sent = counter.descriptor().orElseThrow()) {
            pair.client.send(bytes("x"), List.of(sent));
        }
        Received received = pair.server.receive(10);
        try (Descriptor got = received.descriptors().getFirst(); EventFd same = HOST.eventFd(got)) {
            assertThat(got.target()).isEqualTo("anon_inode:[eventfd]");
            assertThat(same.same(counter)).isTrue();
            assertThat(same.take()).isEqualTo(5);
        }
    }

    @Test
    void descriptorsComeWithTheirPacketAndInOrder() {
        Pair pair = pair(SocketType.PACKETS);
        try (Descriptor memory = HOST.memory("first", 4096); Descriptor other = HOST.memory("second", 4096)) {
            pair.client.send(bytes("none"), List.of());
            pair.client.send(bytes("two"), List.of(memory, other));
        }
        Received none = pair.server.receive(100);
        Received two = pair.server.receive(100);

        assertThat(none.descriptors()).isEmpty();
        assertThat(two.bytes()).isEqualTo(bytes("two"));
        assertThat(two.descriptors()).extracting(Descriptor::target).containsExactly("/memfd:first (deleted)",
                "/memfd:second (deleted)");
        two.descriptors().forEach(Descriptor::close);
    }

    @Test
    void aPacketThatDoesNotFitIsLostWithItsDescriptors() {
        Soon.await("the poller of tests before this one has ended", LinuxSocketTest::noPoller);
        Pair pair = pair(SocketType.PACKETS);
        pair.client.send(bytes("first"), List.of());
        pair.server.receive(100);
        try (Descriptor memory = HOST.memory("lost", 4096)) {
            pair.client.send(bytes("much too long"), List.of(memory));
        }
        long before = openDescriptors();
        assertErrno(Errno.EMSGSIZE, () -> pair.server.receive(4));
        pair.client.send(bytes("next"), List.of());

        assertThat(openDescriptors()).isEqualTo(before);
        assertThat(pair.server.receive(100).bytes()).isEqualTo(bytes("next"));
    }

    @Test
    void asManyDescriptorsAsMayGoDo() {
        Pair pair = pair(SocketType.STREAM);
        try (Descriptor memory = HOST.memory("many", 4096)) {
            pair.client.send(bytes("x"), Collections.nCopies(UnixConnection.MAX_DESCRIPTORS, memory));
            assertErrno(Errno.EINVAL, () -> pair.client.send(bytes("x"),
                    Collections.nCopies(UnixConnection.MAX_DESCRIPTORS + 1, memory)));
            assertErrno(Errno.EINVAL, () -> pair.client.send(new byte[0], List.of(memory)));
        }
        List<Descriptor> got = pair.server.receive(1).descriptors();
        got.forEach(Descriptor::close);

        assertThat(got).hasSize(UnixConnection.MAX_DESCRIPTORS);
    }

    @Test
    void moreThanTheSocketHoldsIsSentAsItIsRead() {
        Pair pair = pair(SocketType.STREAM);
        int length = 4 << 20;
        Thread sender = Thread.ofPlatform().start(() -> pair.client.send(new byte[length], List.of()));
        int received = 0;
        while (received < length) {
            received += pair.server.receive(1 << 16).bytes().length;
        }

        assertThat(received).isEqualTo(length);
        Soon.await("the sender is through", () -> !sender.isAlive());
    }

    @ParameterizedTest
    @EnumSource
    void theEndOfTheOtherSideIsSeen(SocketType type) {
        Pair pair = pair(type);
        pair.client.close();

        assertThat(pair.server.receive(10).end()).isTrue();
        assertErrno(Errno.EPIPE, () -> pair.server.send(bytes("x"), List.of()));
    }

    @Test
    void hangUpIsHeardOnceWithoutReceiving() {
        Pair pair = pair(SocketType.STREAM);
        AtomicInteger heard = new AtomicInteger();
        try (UnixConnection.Watch watch = pair.server.onHangUp(heard::incrementAndGet)) {
            pair.client.send(bytes("not the end"), List.of());
            pair.client.close();
            Soon.await("the hang-up is heard", () -> heard.get() != 0);
            assertThat(pair.server.receive(100).bytes()).isEqualTo(bytes("not the end"));
            assertThat(pair.server.receive(100).end()).isTrue();
        }

        assertThat(heard).hasValue(1);
    }

    @Test
    void closeWakesWhoReceives() throws Exception {
        Pair pair = pair(SocketType.STREAM);
        CompletableFuture<Received> waiting = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> waiting.complete(pair.server.receive(10)));
        pair.server.close();
        pair.server.close();

        assertThat(waiting.get(60, TimeUnit.SECONDS).end()).isTrue();
        assertThat(pair.server.receive(10).end()).isTrue();
        assertErrno(Errno.EBADF, () -> pair.server.send(bytes("x"), List.of()));
    }

    @Test
    void closeWakesWhoAcceptsAndRemovesTheFile() throws Exception {
        UnixServer server = HOST.listen(path, SocketType.STREAM);
        CompletableFuture<Optional<UnixConnection>> waiting = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> waiting.complete(server.accept()));
        server.close();
        server.close();

        assertThat(waiting.get(60, TimeUnit.SECONDS)).isEmpty();
        assertThat(server.accept()).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void aFileThatADeadServerLeftIsReplaced() throws IOException {
        UnixServer dead = HOST.listen(path, SocketType.STREAM);
        Path aside = folder.resolve("aside");
        Files.move(path, aside);
        dead.close();
        Files.move(aside, path);

        UnixServer next = keep(HOST.listen(path, SocketType.STREAM));
        keep(HOST.connect(path, SocketType.STREAM));
        assertThat(next.accept()).isPresent().get().satisfies(UnixConnection::close);
    }

    @Test
    void aServerThatListensIsNotReplaced() {
        keep(HOST.listen(path, SocketType.STREAM));

        assertErrno(Errno.EADDRINUSE, () -> HOST.listen(path, SocketType.STREAM));
        assertErrno(Errno.EADDRINUSE, () -> HOST.listen(path, SocketType.PACKETS));
        keep(HOST.connect(path, SocketType.STREAM));
    }

    @Test
    void aFileThatIsNoSocketIsNotTouched() throws IOException {
        Files.writeString(path, "precious");

        assertErrno(Errno.EEXIST, () -> HOST.listen(path, SocketType.STREAM));
        assertThat(path).hasContent("precious");
    }

    @Test
    void badPathsAreRefused() {
        assertErrno(Errno.ENAMETOOLONG, () -> HOST.listen(folder.resolve("x".repeat(108)), SocketType.STREAM));
        assertErrno(Errno.ENAMETOOLONG, () -> HOST.connect(Path.of(""), SocketType.STREAM));
        assertErrno(Errno.ENOENT, () -> HOST.connect(path, SocketType.STREAM));
        assertErrno(Errno.ENOENT, () -> HOST.listen(folder.resolve("no/folder"), SocketType.STREAM));
    }

    @Test
    void nothingStaysOpen() throws Exception {
        pair(SocketType.PACKETS).client.send(bytes("x"), List.of());
        closeAll();
        open.clear();
        Soon.await("the poller has ended", LinuxSocketTest::noPoller);
        long before = openDescriptors();
        for (int i = 0; i < 20; i++) {
            Pair pair = pair(SocketType.PACKETS);
            try (Descriptor memory = HOST.memory("m", 4096); UnixConnection.Watch watch = pair.server.onHangUp(() -> {
            })) {
                pair.client.send(bytes("x"), List.of(memory, memory));
            }
            closeAll();
            open.clear();
        }
        Soon.await("the poller has ended", LinuxSocketTest::noPoller);

        assertThat(openDescriptors()).isEqualTo(before);
    }

    private static boolean noPoller() {
        return Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("host-linux-poller"));
    }
}
