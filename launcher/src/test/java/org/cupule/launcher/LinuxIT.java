package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A stock Linux, as its user boots it. What it needs is fetched once, into a folder that {@code mvn clean} removes.
 *
 * <p>
 * With {@code -Dcupule.long=true} it is booted fifty times in a row.
 */
class LinuxIT {
    private static final Path HOME = Path.of("target", "linux-home").toAbsolutePath();
    private static final int BOOTS = Boolean.getBoolean("cupule.long") ? 50 : 1;
    private static final int NEVER_GOES_ON = 10;
    /** What the kernel writes when something is wrong with it or with its machine. */
    private static final Pattern COMPLAINT = Pattern
            .compile("WARNING: |BUG: |Call Trace|Oops|rcu: INFO|soft lockup|hung task|\\[Firmware Bug\\]");
    private static final Pattern INSTRUCTIONS = Pattern.compile("vcpu0 .*?(\\d+) instructions");
    private static final Pattern MEMORY = Pattern.compile("memory SHA-256 (\\w+)");

    @BeforeAll
    static void fetchesThePackages() throws IOException, InterruptedException {
        LinuxSession.Ended first = LinuxSession.run(HOME, "--memory", "256M", "--", "true");
        String why = first.output().lines().filter(line -> line.contains("--kernel FILE") || line.contains("apt-get"))
                .findFirst().orElse("");
        if (first.status() == Status.HOST_FAILURE && !why.isEmpty()) {
            System.out.println("SKIPPED: Linux is not booted: " + why);
        }
        assumeTrue(first.status() != Status.HOST_FAILURE || why.isEmpty(), why);
        assertThat(first.status()).as(first.output()).isZero();
    }

    @Test
    @DisplayName("a session on two processors: nproc, echo, poweroff; the kernel has nothing to complain of")
    void sessionOnTwoProcessorsEndsWithStatusZero() throws Exception {
        for (int boot = 0; boot < BOOTS; boot++) {
            try (var session = LinuxSession.open(HOME, "--cpus", "2")) {
                session.type("echo processors=$(nproc)");
                session.type("echo $((6 * 7)) >/tmp/file; echo content=$(cat /tmp/file)");
                session.type("dmesg | grep -c 'Linux version' | sed s/^/versions=/");
                session.type("poweroff");

                LinuxSession.Ended ended = session.end();

                assertThat(ended.status()).as(ended.output()).isZero();
                assertThat(ended.output()).contains("processors=2").contains("content=42").contains("versions=1")
                        .doesNotContainPattern(COMPLAINT);
            }
        }
        System.out.printf("VERIFIED: Linux: %d boots in a row on 2 processors, each to its shell and off%n", BOOTS);
    }

    @Test
    void theStatusOfAScriptIsTheStatusOfTheCommand() throws Exception {
        LinuxSession.Ended ended = LinuxSession.run(HOME, "--append", "quiet", "--", "echo 'in the guest'; exit 3");

        assertThat(ended.status()).as(ended.output()).isEqualTo(3);
        assertThat(ended.output()).contains("in the guest");
    }

    @Test
    void aPanicEndsTheRunWithASentence() throws Exception {
        LinuxSession.Ended ended = LinuxSession.run(HOME, "--append", "quiet rdinit=/none");

        assertThat(ended.status()).as(ended.output()).isEqualTo(NEVER_GOES_ON);
        assertThat(ended.output()).contains("the guest's kernel has panicked (VFS: Unable to mount root fs",
                "processor 0 was running at RIP 0xffffffff");
    }

    @Test
    void twoDeterministicBootsAreTheSame() throws Exception {
        String one = deterministic("one.txt");
        String two = deterministic("two.txt");

        assertThat(one).containsPattern(INSTRUCTIONS).containsPattern(MEMORY);
        assertThat(found(INSTRUCTIONS, two)).isEqualTo(found(INSTRUCTIONS, one));
        assertThat(found(MEMORY, two)).isEqualTo(found(MEMORY, one));
        System.out.printf("VERIFIED: Linux: two deterministic boots of %s instructions, memory the same%n",
                found(INSTRUCTIONS, one));
    }

    private static String deterministic(String file) throws IOException, InterruptedException {
        Path trace = HOME.resolve(file);
        LinuxSession.Ended ended = LinuxSession.run(HOME, "--append", "quiet", "--deterministic", "--trace",
                trace.toString(), "--", "nproc");
        assertThat(ended.status()).as(ended.output()).isZero();
        return Files.readString(trace);
    }

    private static String found(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }
}
