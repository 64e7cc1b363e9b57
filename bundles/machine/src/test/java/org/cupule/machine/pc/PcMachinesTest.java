package org.cupule.machine.pc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.dev.debugexit.DebugExitFactory;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.machine.Machine;
import org.cupule.machine.Machine.Outcome;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.fake.FakeHsm;
import org.cupule.machine.fake.FakeVm;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcMachinesTest {
    private final PcMachines machines = new PcMachines();
    private final FakeHsm hsm = new FakeHsm();

    @TempDir
    Path folder;

    @BeforeEach
    void plugIn() {
        machines.bindHsm(hsm);
        machines.bindDeviceFactory(new Uart16550Factory(), Map.of("service.bundleid", 7L));
        machines.bindDeviceFactory(new DebugExitFactory(), Map.of("service.bundleid", 8L));
    }

    private Machine machine(byte... image) throws Exception {
        Path file = Files.write(folder.resolve("guest.bin"), image);
        return machines.create(with(machines.standard("one"),
                new Image(Optional.of(file), "", "flat", 0, "", List.of())));
    }

    private static MachineDescription with(MachineDescription base, Image image) {
        return new MachineDescription(base.name(), base.hypervisor(), base.memoryBytes(), base.cpus(),
                Optional.of(image), base.devices(), base.models(), base.behaviour(), base.deterministic(),
                base.queuedUpcall());
    }

    private FakeVm vm() {
        return hsm.vms().getLast();
    }

    private static Outcome outcome(Machine machine) throws Exception {
        return machine.outcome().toCompletableFuture().get(60, SECONDS);
    }

    @Test
    void makesOfADescriptionAVmWithItsImageAtItsPlace() throws Exception {
        try (Machine machine = machine((byte) 0xF4, (byte) 0x90)) {
            assertThat(vm().memory().peek(0x7C00, 2)).containsExactly(0xF4, 0x90);
            assertThat(vm().start(0).rip()).isEqualTo(0x7C00);
            assertThat(machine.status()).isEqualTo("created");
        }
    }

    @Test
    void carriesABytesFromThePortToTheConsole() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            var output = new ByteArrayOutputStream();
            machine.start();
            vm().out(0x3F8, 1, 'h');
            machine.console().attach(output::write);
            vm().out(0x3F8, 1, 'i');
            assertThat(output.toString(US_ASCII)).isEqualTo("hi");
        }
    }

    @Test
    void carriesABytesFromTheConsoleToThePort() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            machine.console().send(new byte[]{'x'}, 0, 1);
            assertThat(vm().in(0x3FD, 1) & 1).isEqualTo(1);
            assertThat(vm().in(0x3F8, 1)).isEqualTo('x');
        }
    }

    @Test
    void endsWithTheStatusThatTheGuestWroteToTheDebugExitPort() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            vm().out(0xF4, 1, 0x10);
            assertThat(outcome(machine)).isEqualTo(new Outcome("debug-exit", 33, ""));
            assertThat(vm().calls()).containsExactly("registers", "start", "pause");
        }
    }

    @Test
    void floatsWhereNobodyLives() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            assertThat(vm().in(0x1234, 2)).isEqualTo(0xFFFF);
            assertThat(vm().read(0xA0000, 4)).isEqualTo(0xFFFF_FFFFL);
        }
    }

    @Test
    void endsWithStatusFiveAndTheReportAfterATripleFault() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            vm().tell(new PartitionEvent.TripleFault(0, "RIP 0"));
            Outcome outcome = outcome(machine);
            assertThat(outcome.status()).isEqualTo(5);
            assertThat(outcome.report()).contains("RIP 0");
        }
    }

    @Test
    void resetsInTheOrderOfTheSpecification() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            vm().memory().write(0x7C00, new byte[]{1}, 0, 1);
            machine.reset();
            assertThat(vm().calls()).containsExactly("registers", "start", "pause", "reset", "registers", "start");
            assertThat(vm().ioRequests().timesCleared()).isEqualTo(1);
            assertThat(vm().memory().peek(0x7C00, 1)).containsExactly(0xF4);
            assertThat(machine.status()).isEqualTo("running");
        }
    }

    @Test
    void pausesAndGoesOn() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            machine.pause();
            assertThat(machine.status()).isEqualTo("paused");
            machine.start();
            assertThat(vm().calls()).endsWith("pause", "resume");
        }
    }

    @Test
    void showsWhyTheHypervisorStoppedIt() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            vm().pause();
            vm().tell(new PartitionEvent.Stopped("the EPT is gone"));
            machine.pause(); // the control thread has done what was posted before
            assertThat(machine.status()).isEqualTo("paused: the EPT is gone");
        }
    }

    @Test
    void runsAgainWhenTheHypervisorGoesOnByItself() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            vm().pause();
            vm().tell(new PartitionEvent.Stopped("the EPT is gone"));
            vm().resume();
            vm().tell(new PartitionEvent.Continued());
            machine.start(); // the control thread has done what was posted before; it runs, so nothing is started
            assertThat(machine.status()).isEqualTo("running");
            assertThat(vm().calls()).endsWith("pause", "resume");
        }
    }

    @Test
    void isNotCalledPausedByNewsThatAreOver() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            machine.start();
            vm().tell(new PartitionEvent.Continued());
            vm().tell(new PartitionEvent.Stopped("the EPT was gone"));
            machine.start(); // the control thread has done what was posted before
            assertThat(machine.status()).isEqualTo("running");
        }
    }

    @Test
    void closesFreesTheNameAndCompletesTheOutcome() throws Exception {
        Machine machine = machine((byte) 0xF4);
        machine.start();
        machine.close();
        machine.close();
        assertThat(outcome(machine).cause()).isEqualTo("closed");
        assertThat(machines.machines()).isEmpty();
        assertThat(vm().calls()).endsWith("pause", "destroy");
    }

    @Test
    void refusesASecondMachineOfTheSameName() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            assertThatThrownBy(() -> machine((byte) 0xF4)).isInstanceOf(HsmException.class)
                    .hasMessageContaining("'one'").hasMessageContaining("EEXIST");
        }
    }

    @Test
    void namesTheKindsThatThereAreWhenATypeIsUnknown() {
        var base = machines.standard("one");
        var odd = new MachineDescription.DeviceDescription("floppy", "a", "", Map.of(), Map.of(), "", Map.of(), "");
        var description = new MachineDescription(base.name(), "", base.memoryBytes(), 1, Optional.empty(),
                List.of(odd), Map.of(), base.behaviour(), false, false);
        assertThatThrownBy(() -> machines.create(description)).isInstanceOf(HsmException.class)
                .hasMessageContaining("floppy").hasMessageContaining("debugexit, uart16550");
        assertThat(hsm.vms()).isEmpty();
    }

    @Test
    void showsItsDevices() throws Exception {
        try (Machine machine = machine((byte) 0xF4)) {
            vm().in(0x3FD, 1);
            var uart = machine.devices().getFirst();
            assertThat(uart.place()).isEqualTo("port 0x3f8-0x3ff, gsi 4");
            assertThat(uart.bundle()).isEqualTo(7);
            assertThat(uart.accesses()).isEqualTo(1);
            assertThat(uart.status()).isEqualTo("running");
        }
    }
}
