package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.EventSubscription;
import org.cupule.host.Host;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixConnection.Received;
import org.cupule.host.UnixServer;
import org.cupule.tck.host.Soon;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Memory and an event counter that another process has, too; and the end of that process. */
@Timeout(180)
class OtherProcessTest {
    private static final Host HOST = new LinuxHost();
    private static final int PAGE = 4096;
    private static final int MAGIC = 0x5EED;

    @TempDir
    private Path folder;

    /** The other process: takes memory and a counter, writes into the one, adds to the other, and waits for its end. */
    static final class Other {
        private Other() {
        }

        public static void main(String[] arguments) {
            try (UnixConnection parent = HOST.connect(Path.of(arguments[0]), SocketType.PACKETS);
                    Arena arena = Arena.ofShared()) {
                List<Descriptor> got = parent.receive(16).descriptors();
                HOST.map(got.get(0), 0, PAGE, arena).set(ValueLayout.JAVA_INT, 8, MAGIC);
                HOST.eventFd(got.get(1)).add(3);
                parent.receive(16);
            }
        }
    }

    private Process start(Path path) throws IOException {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Other.class.getName(), path.toString()).inheritIO().start();
    }

    @Test
    void sharesMemoryAndCounterUntilItIsKilled() throws IOException, InterruptedException {
        AtomicInteger heard = new AtomicInteger();
        AtomicInteger hangUps = new AtomicInteger();
        try (UnixServer server = HOST.listen(folder.resolve("s"), SocketType.PACKETS);
                Descriptor memory = HOST.memory("shared", PAGE);
                Arena arena = Arena.ofShared();
                EventFd counter = HOST.eventFd(0);
                Descriptor shared = counter.descriptor().orElseThrow();
                EventSubscription listening = counter.listen(heard::incrementAndGet)) {
            MemorySegment segment = HOST.map(memory, 0, PAGE, arena);
            Process other = start(server.path());
            try (UnixConnection child = server.accept().orElseThrow();
                    UnixConnection.Watch watch = child.onHangUp(hangUps::incrementAndGet)) {
                assertThat(child.peer().pid()).isEqualTo((int) other.pid());
                child.send(new byte[]{1}, List.of(memory, shared));
                Soon.await("the other process signals", () -> heard.get() == 1);
                assertThat(counter.take()).isEqualTo(3);
                assertThat(segment.get(ValueLayout.JAVA_INT, 8)).isEqualTo(MAGIC);
                assertThat(hangUps).hasValue(0);

                other.destroyForcibly().waitFor();
                Soon.await("its end is heard", () -> hangUps.get() == 1);
                Received end = child.receive(16);
                assertThat(end.end()).isTrue();
            }
        }
    }
}
