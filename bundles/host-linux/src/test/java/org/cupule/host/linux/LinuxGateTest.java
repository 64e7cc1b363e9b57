package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LinuxGateTest {
    @Test
    void thereIsAHostOnLinux() {
        assertThat(LinuxGate.whyNot("Linux", Libc::probe)).isEmpty();
    }

    @Test
    void thereIsNoneElsewhere() {
        assertThat(LinuxGate.whyNot("Plan 9", Libc::probe)).isEqualTo("this is Plan 9, not Linux");
    }

    @Test
    void aLibraryThatFailsIsToldOf() {
        assertThat(LinuxGate.whyNot("Linux", () -> {
            throw new UnsatisfiedLinkError("no such function");
        })).contains("cannot be called", "no such function");
    }

    @Test
    void deniedNativeAccessIsToldInOneSentence() throws IOException, InterruptedException {
        Process jvm = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(),
                "--illegal-native-access=deny", "-cp", System.getProperty("java.class.path"), Denied.class.getName())
                .redirectErrorStream(true).start();
        String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();

        assertThat(jvm.waitFor()).isZero();
        assertThat(said).isEqualTo(
                "native access is denied; start the JVM with --enable-native-access=ALL-UNNAMED");
    }

    /** What the JVM without native access runs. */
    static final class Denied {
        private Denied() {
        }

        public static void main(String[] arguments) {
            System.out.println(LinuxGate.whyNot("Linux", Libc::probe));
        }
    }
}
