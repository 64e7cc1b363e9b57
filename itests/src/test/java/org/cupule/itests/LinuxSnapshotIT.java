package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.cupule.machine.Machine;
import org.cupule.machine.Machines;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;

/**
 * Linux on two processors is saved and goes on elsewhere, again and again, while it writes files to a disk, reads them
 * past its cache, and fetches others over the network.
 */
@RunWith(LinuxRunner.class)
@ExamReactorStrategy(PerClass.class)
public class LinuxSnapshotIT {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int GENERATIONS = Boolean.getBoolean("cupule.long") ? 20 : 2;
    private static final long DISK_BYTES = 16 << 20;
    private static final int LINES = 3000;
    private static final Pattern WORK = Pattern.compile("work (\\d+) (\\w+) (\\w+) again=\\d+");
    /**
     * A connection is not part of a snapshot: whoever waits on one must ask again. "work N SUM-OF-FILE SUM-OF-FETCHED".
     */
    private static final String SCRIPT = """
            mke2fs -F /dev/vda >/dev/null 2>&1
            mount -t ext2 /dev/vda /mnt || exit 9
            echo 4 >/proc/sys/vm/drop_caches
            work() {
                n=0; again=0
                while [ ! -e /tmp/stop ]; do
                    n=$((n + 1))
                    seq $n $((n + %d)) >/mnt/$n; sync; echo 1 >/proc/sys/vm/drop_caches
                    until timeout 20 wget -q -O /tmp/got http://10.0.2.2/$n 2>/dev/null; do again=$((again + 1)); done
                    echo work $n $(md5sum </mnt/$n | cut -c1-32) $(md5sum </tmp/got | cut -c1-32) again=$again
                    [ $n -le 5 ] || rm /mnt/$((n - 5))
                done
            }
            work &
            while read -r word && [ "$word" != stop ]; do :; done
            touch /tmp/stop; wait
            umount /mnt; echo unmounted $?; mount -t ext2 /dev/vda /mnt; cd /mnt
            for file in [0-9]*; do echo kept $file $(md5sum <$file | cut -c1-32); done
            echo complaints $(dmesg | grep -cE 'BUG|WARNING|Call Trace|Oops|lockup|hung task|I/O error|EXT[24]-fs (error|warning)')
            """;

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;

    private final byte[] content = new byte[150_000];
    private Path folder;
    private FileServer server;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void prepare() throws IOException {
        new Random(5).nextBytes(content);
        folder = Files.createTempDirectory("linux");
        server = new FileServer(content);
    }

    @After
    public void leaveNothing() throws IOException {
        machines.machines().forEach(Machine::close);
        server.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile)
                    .forEach(file -> assertThat(file.delete()).isTrue());
        }
    }

    private RunningGuest boot() throws Exception {
        Path disk = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        LinuxImage linux = LinuxImage.make(context, folder.resolve("initrd"), "quiet", SCRIPT.formatted(LINES));
        return RunningGuest.start(machines, linux.machine(machines, 2, false,
                LinuxImage.device("virtio-blk", "disk0", "file:" + disk),
                LinuxImage.device("virtio-net", "net0", "user:tcp-out=80:" + server.port())));
    }

    private static void awaitWork(RunningGuest guest, int more) {
        int wanted = guest.said("work ").size() + more;
        Await.until(() -> guest.said("work ").size() >= wanted, PATIENCE,
                () -> "%d more pieces of work; it said %s".formatted(more, guest.said("")));
    }

    private void check(List<String> lines, int first) {
        var work = lines.stream().map(WORK::matcher).filter(Matcher::find).toList();
        assertThat(work).isNotEmpty();
        int number = first;
        for (Matcher piece : work) {
            assertThat(Integer.parseInt(piece.group(1))).as("in order: %s", lines).isEqualTo(number);
            assertThat(piece.group(2)).as("file %d", number).isEqualTo(sumOfFile(number));
            assertThat(piece.group(3)).as("what was fetched, %d", number).isEqualTo(md5(content));
            number++;
        }
    }

    private static String sumOfFile(int number) {
        return md5(IntStream.rangeClosed(number, number + LINES).mapToObj(line -> line + "\n")
                .collect(Collectors.joining()).getBytes(StandardCharsets.US_ASCII));
    }

    private static String md5(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    public void worksOnInOtherVmsAndInAnotherProcess() throws Exception {
        Path file = folder.resolve("linux.snapshot");
        int next = 1;
        RunningGuest guest = boot();
        for (int generation = 0; generation <= GENERATIONS; generation++) {
            awaitWork(guest, 2);
            guest.machine().pause();
            guest.machine().save(file);
            var counters = guest.counters();
            guest.close();
            List<String> said = guest.said("work ");
            check(said, next);
            next += said.size();
            assertThat(counters.lost() + counters.twice()).isZero();
            if (generation < GENERATIONS) {
                guest = RunningGuest.of(machines.restore(file));
                guest.machine().start();
            }
        }
        inAnotherProcess(file, next);
        System.out.printf("VERIFIED: a working Linux on 2 processors, saved and restored %d times, the last time into"
                + " a new process: every checksum right%n", GENERATIONS + 1);
    }

    private void inAnotherProcess(Path file, int next) throws Exception {
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                "-jar", TestPlatform.launcher().toString(), "run", "--restore", file.toString(), "--timeout", "600s")
                .redirectErrorStream(true);
        builder.environment().put("CUPULE_HOME", folder.resolve("home").toString());
        Process process = builder.start();
        var lines = new CopyOnWriteArrayList<String>();
        Thread reader = Thread.ofVirtual().start(() -> read(process, lines));
        try {
            Await.until(() -> lines.stream().filter(line -> line.contains("work ")).count() >= 2 || !process.isAlive(),
                    PATIENCE, () -> "two pieces of work; it said " + lines);
            process.getOutputStream().write("stop\n".getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();

            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("it ends; it said %s", lines)
                    .isTrue();
            assertThat(reader.join(PATIENCE)).isTrue();
            assertThat(process.exitValue()).as("it said %s", lines).isZero();
        } finally {
            process.destroyForcibly().waitFor();
        }
        check(lines, next);
        assertThat(lines).contains("unmounted 0", "complaints 0");
        List<String> kept = lines.stream().filter(line -> line.startsWith("kept ")).toList();
        assertThat(kept).isNotEmpty().allSatisfy(line -> assertThat(line.split(" ")[2])
                .isEqualTo(sumOfFile(Integer.parseInt(line.split(" ")[1]))));
    }

    private static void read(Process process, List<String> lines) {
        try (var out = new BufferedReader(new InputStreamReader(process.getInputStream(),
                StandardCharsets.ISO_8859_1))) {
            out.lines().map(String::strip).forEach(lines::add);
        } catch (IOException | java.io.UncheckedIOException ended) {
            lines.add("the pipe ended: " + ended);
        }
    }
}
