package org.cupule.machine.command;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machines;
import org.cupule.machine.fake.FakeHsm;
import org.cupule.machine.fake.FakeVm;
import org.cupule.machine.pc.MachinesForTests;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
class RunCommandTest {
    private final FakeHsm hsm = new FakeHsm();
    private final Machines machines = MachinesForTests.of(hsm);
    private final RunCommand command = new RunCommand(machines);
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path folder;

    private int run(String input, String... arguments) {
        var map = new HashMap<>(map(new PrintStream(out, true), arguments));
        map.put(CommandLine.IN, new ByteArrayInputStream(input.getBytes(US_ASCII)));
        return command.apply(map);
    }

    private Map<String, Object> map(PrintStream standardOutput, String... arguments) {
        return Map.of(CommandLine.ARGUMENTS, arguments, CommandLine.IN, InputStream.nullInputStream(),
                CommandLine.OUT, standardOutput, CommandLine.ERR, new PrintStream(err, true), CommandLine.TERMINAL,
                false, CommandLine.HOME, folder, CommandLine.BUNDLES, folder, CommandLine.PLUGINS, folder);
    }

    /** Runs a guest: what it does once it is started. */
    private int run(String input, Consumer<FakeVm> guest, String... arguments) throws Exception {
        var status = CompletableFuture.supplyAsync(() -> run(input, arguments),
                task -> Thread.ofPlatform().daemon().start(task));
        while (!status.isDone()
                && (hsm.vms().isEmpty() || hsm.vms().getFirst().state() != Partition.State.RUNNING)) {
            Thread.onSpinWait();
        }
        guest.accept(hsm.vms().getFirst());
        return status.get(60, SECONDS);
    }

    private Path image() {
        try {
            byte[] sector = new byte[512];
            sector[0] = (byte) 0xF4;
            sector[510] = 0x55;
            sector[511] = (byte) 0xAA;
            return Files.write(folder.resolve("guest.bin"), sector);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String errors() {
        return err.toString(US_ASCII);
    }

    @Test
    void showsTheSerialLineAndGivesTheGuestsStatus() throws Exception {
        int status = run("", vm -> {
            "hello\n".chars().forEach(letter -> vm.out(0x3F8, 1, letter));
            vm.out(0xF4, 1, 3);
        }, image().toString());
        assertThat(status).isEqualTo(7);
        assertThat(out.toString(US_ASCII)).isEqualTo("hello\n");
        assertThat(hsm.vms().getFirst().calls()).endsWith("destroy");
    }

    @Test
    void saysThatAFileOfNoKnownFormatIsStartedAsAFlatImage() throws Exception {
        Path text = Files.writeString(folder.resolve("notes.txt"), "no image");

        assertThat(run("", vm -> vm.out(0xF4, 1, 0), text.toString())).isEqualTo(1);
        assertThat(errors()).contains("notes.txt").contains("no known format");
    }

    @Test
    void saysNothingOfABootSector() throws Exception {
        assertThat(run("", vm -> vm.out(0xF4, 1, 0), image().toString())).isEqualTo(1);
        assertThat(errors()).isEmpty();
    }

    @Test
    void refusesAModuleThatNobodyReads() throws Exception {
        assertThat(run("", "--module", image().toString(), image().toString())).isEqualTo(2);
        assertThat(errors()).contains("takes no modules").contains("guest.bin");
    }

    @Test
    void givesStandardInputToTheGuest() throws Exception {
        int status = run("q", vm -> {
            while ((vm.in(0x3FD, 1) & 1) == 0) {
                Thread.onSpinWait();
            }
            vm.out(0xF4, 1, vm.in(0x3F8, 1) == 'q' ? 0 : 1);
        }, image().toString());
        assertThat(status).isEqualTo(1);
    }

    @Test
    void endsWithSixWhenTheTimeIsOver() throws Exception {
        assertThat(run("", "--timeout", "20ms", image().toString())).isEqualTo(6);
        assertThat(errors()).contains("the time is over");
    }

    @Test
    void endsWithFiveAndTheReportAfterATripleFault() throws Exception {
        assertThat(run("", vm -> vm.tell(new PartitionEvent.TripleFault(0, "RIP=0")), image().toString())).isEqualTo(5);
        assertThat(errors()).contains("triple fault").contains("RIP=0");
    }

    @Test
    void endsWithEightWhenRequestsWereLost() throws Exception {
        assertThat(run("", vm -> {
            vm.ioRequests().lose(1);
            vm.out(0xF4, 1, 0);
        }, image().toString())).isEqualTo(8);
        assertThat(errors()).contains("1 were lost");
    }

    @Test
    void endsWithFourWhenTheHypervisorStoppedTheMachineForGood() throws Exception {
        assertThat(run("", vm -> {
            vm.pause();
            vm.tell(new PartitionEvent.Stopped("the EPT is gone"));
        }, image().toString())).isEqualTo(4);
        assertThat(errors()).contains("the EPT is gone");
    }

    @Test
    void endsWhenThePlatformGoesDown() throws Exception {
        assertThat(run("", vm -> command.deactivate(), image().toString())).isEqualTo(130);
    }

    @Test
    void endsWithoutAWordWhenItsThreadIsInterrupted() throws Exception {
        var thread = new CompletableFuture<Thread>();
        var status = CompletableFuture.supplyAsync(() -> run("", image().toString()), task -> {
            thread.complete(new Thread(task));
            thread.join().start();
        });
        while (hsm.vms().isEmpty() || hsm.vms().getFirst().state() != Partition.State.RUNNING) {
            Thread.onSpinWait();
        }
        thread.join().interrupt();
        assertThat(status.get(60, SECONDS)).isEqualTo(130);
        assertThat(errors()).isEmpty();
        assertThat(hsm.vms().getFirst().calls()).endsWith("destroy");
    }

    @Test
    void endsWithFourAndASentenceWhenTheMachineIsDestroyedFromTheShell() throws Exception {
        assertThat(run("", vm -> machines.machines().getFirst().close(), image().toString())).isEqualTo(4);
        assertThat(errors()).isEqualToIgnoringNewLines("cupule run: the machine was destroyed from the shell.");
    }

    @Test
    void endsAsByABrokenPipeWhenNobodyReadsItsOutput() throws Exception {
        var closed = new PrintStream(new OutputStream() {
            @Override
            public void write(int letter) throws IOException {
                throw new IOException("broken pipe");
            }
        }, true);

        var status = CompletableFuture.supplyAsync(() -> command.apply(map(closed, image().toString())),
                task -> Thread.ofPlatform().daemon().start(task));
        while (hsm.vms().isEmpty() || hsm.vms().getFirst().state() != Partition.State.RUNNING) {
            Thread.onSpinWait();
        }
        hsm.vms().getFirst().out(0x3F8, 1, 'x');

        assertThat(status.get(60, SECONDS)).isEqualTo(12);
        assertThat(errors()).isEmpty();
    }

    @Test
    void speaksInTheNameOfTheCommandThatItWorksFor() {
        var map = new HashMap<>(map(new PrintStream(out, true), "--bogus", "an.img"));
        map.put(CommandLine.NAME, "linux");

        assertThat(command.apply(map)).isEqualTo(2);
        assertThat(errors()).isEqualToIgnoringNewLines(
                "cupule linux: there is no option '--bogus'. cupule linux --help lists the options.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            --memroy 64M         | there is no option '--memroy'; did you mean '--memory'?
            --cpu 2 --help       | there is no option '--cpu'; did you mean '--cpus'?
            a.img b.img          | 'b.img' is one argument too many.
            --timeout            | Missing required parameter for option '--timeout' (TIME).
            """)
    void wrongArgumentsAreToldInALineWithWhatMayHaveBeenMeant(String arguments, String sentence) {
        assertThat(run("", arguments.split(" "))).isEqualTo(2);

        assertThat(errors()).isEqualToIgnoringNewLines(
                "cupule run: " + sentence + " cupule run --help lists the options.");
    }

    @Test
    void aCommandThatItWorksForTakesNoImageOfItsOwn() {
        var map = new HashMap<>(map(new PrintStream(out, true), "--kernel", image().toString(), "an.img"));
        map.put(CommandLine.NAME, "linux");

        assertThat(command.apply(map)).isEqualTo(2);
        assertThat(errors()).startsWith("cupule linux: 'an.img': cupule linux takes options alone");
    }

    @Test
    void namesTheOptionAndTheFileOfADiskThatIsNotThere() {
        assertThat(run("", image().toString(), "--disk", folder.resolve("none.img") + ":ro")).isEqualTo(2);
        assertThat(errors()).contains("--disk").contains(folder.resolve("none.img") + ":ro': there is no such file");
        assertThat(run("", image().toString(), "--disk", folder.toString())).isEqualTo(2);
        assertThat(errors()).contains("that is a directory");
    }

    @Test
    void bootsTheBuiltInGuestWhenNoneIsNamed() throws Exception {
        assertThat(run("", vm -> vm.out(0xF4, 1, 0))).isEqualTo(1);
    }

    @Test
    void takesItsOptions() throws Exception {
        run("", vm -> {
            assertThat(vm.creation().vcpus()).isEqualTo(2);
            assertThat(vm.creation().hypervisor()).isEqualTo("sim");
            assertThat(vm.creation().deterministic()).isTrue();
            assertThat(vm.creation().behaviour()).isEqualTo(Behaviour.ACRN);
            assertThat(vm.memory().mappings().getLast().gpa() + vm.memory().mappings().getLast().lengthBytes())
                    .isEqualTo(32 << 20);
            vm.out(0xF4, 1, 0);
        }, "--memory", "32M", "--cpus", "2", "--hypervisor", "sim", "--behaviour", "acrn", "--deterministic",
                image().toString());
    }

    @Test
    void readsAVmFile() throws Exception {
        image();
        Path file = Files.writeString(folder.resolve("vm.json"),
                "{\"name\":\"mine\",\"cpus\":3,\"image\":{\"file\":\"guest.bin\",\"format\":\"flat\"}}");
        run("", vm -> {
            assertThat(vm.name()).isEqualTo("mine");
            assertThat(vm.creation().vcpus()).isEqualTo(3);
            vm.out(0xF4, 1, 0);
        }, file.toString());
    }

    @Test
    void endsWithTwoAndASentenceForWrongUsage() throws Exception {
        assertThat(run("", "--memori", "1M")).isEqualTo(2);
        assertThat(errors()).contains("--memori").contains("--help");
        assertThat(run("", "--memory", "lots")).isEqualTo(2);
        assertThat(errors()).contains("'lots' is no size");
        assertThat(run("", folder.resolve("none").toString())).isEqualTo(2);
        assertThat(errors()).contains("there is no file");
        assertThat(run("", "--cpus", "17", image().toString())).isEqualTo(2);
        assertThat(errors()).contains("17 processors: 1 to 16 can be");
        assertThat(run("", Files.writeString(folder.resolve("bad.json"), "{\"cpu\": 1}").toString())).isEqualTo(2);
        assertThat(errors()).contains("bad.json:1: field 'cpu'").contains("did you mean 'cpus'?");
        assertThat(run("", "--initrd", "none", image().toString())).isEqualTo(2);
        assertThat(hsm.vms()).isEmpty();
    }

    @Test
    void refusesWhatIsNoImageInASentence() {
        assertThat(run("", folder.toString())).isEqualTo(2);
        assertThat(errors()).contains("'" + folder + "' is a directory");
        assertThat(run("", image().toString(), "--kernel", "other")).isEqualTo(2);
        assertThat(errors()).contains("'other' are both given");
    }

    @Test
    void refusesAVmFileWithoutAnImage() throws Exception {
        assertThat(run("", Files.writeString(folder.resolve("vm.json"), "{}").toString())).isEqualTo(2);
        assertThat(errors()).contains("vm.json: field 'image': it is missing");
    }

    @Test
    void bootsABuiltInGuestByItsName() throws Exception {
        assertThat(run("", vm -> vm.out(0xF4, 1, 0), "demo")).isEqualTo(1);
    }

    @Test
    void showsItsHelp() {
        assertThat(run("", "--help")).isZero();
        assertThat(out.toString(US_ASCII)).contains("--memory").contains("Exit status");
    }

    @Test
    void restoredMachineIsWhatItWas() {
        assertThat(run("", "--restore", "demo.snapshot", "--cpus", "2")).isEqualTo(RunCommand.USAGE);
        assertThat(errors().lines()).singleElement().asString().contains("--restore", "--timeout");
    }

    @Test
    void snapshotThatIsNotThereIsAUsageErrorInOneSentence() {
        assertThat(run("", "--restore", folder.resolve("none").toString())).isEqualTo(RunCommand.USAGE);
        assertThat(errors().lines()).singleElement().asString().contains("none");
    }
}
