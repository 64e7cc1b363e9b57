package org.cupule.machine.pc;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.device.DeviceSpec;
import org.cupule.hsm.VirtualMachine;
import org.cupule.machine.Console;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.description.DescriptionCheck;
import org.cupule.machine.description.Faults;
import org.cupule.machine.device.Board;
import org.cupule.machine.device.Catalogue;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.machine.device.Devices;
import org.cupule.machine.device.PciOffer;
import org.cupule.machine.device.Oversight;
import org.cupule.machine.device.Requests;
import org.cupule.machine.loader.LoadPlan;
import org.cupule.machine.loader.Loaders;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.snapshot.SnapshotWriter;
import org.cupule.machine.net.Rules;
import org.cupule.machine.net.UserNetwork;
import org.cupule.machine.stream.Backing;
import org.cupule.machine.stream.DiskFile;
import org.cupule.machine.stream.FileBacking;
import org.cupule.machine.stream.NullBacking;
import org.cupule.machine.stream.Wire;
import org.cupule.machine.stream.RingConsole;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What a machine is made of: the VM, its memory and image, its devices, its console.
 *
 * @threading any thread; reset and close: the control thread
 */
final class Chassis {
    /** The name of the client that answers what nobody claims. */
    static final String DEFAULT_CLIENT = "default";

    private final VirtualMachine vm;
    /** Makes the plan anew where it is not kept: the image of a restored machine is read when it is reset. */
    private final Supplier<Optional<LoadPlan>> plan;
    private final Supplier<Catalogue> catalogue;
    private final MemoryLayout layout;
    private final Devices devices;
    private final Firmware firmware;
    private final boolean deterministic;
    private final RingConsole console = new RingConsole();

    /** Builds memory, image, devices and registers, in a VM that is CREATED. */
    Chassis(VirtualMachine vm, MachineDescription description, Optional<LoadPlan> plan, Supplier<Catalogue> catalogue,
            List<PciOffer> buses, Oversight oversight, Requests requests) {
        this.vm = vm;
        this.plan = () -> plan;
        this.catalogue = catalogue;
        this.layout = new MemoryLayout(description.memoryBytes());
        this.deterministic = description.deterministic();
        devices = new Devices(new Board(vm, layout, requests, oversight, deterministic));
        firmware = new Firmware(vm, description, layout, devices);
        try {
            layout.build(vm.memory(), description.pageBytes());
            plan.ifPresent(image -> image.map(vm.memory()));
            buses.stream().findFirst().ifPresent(devices::addBus);
            vm.ioRequests().inlineDefault(DEFAULT_CLIENT, devices::unclaimed);
            description.devices().forEach(this::plug);
            load(plan);
        } catch (RuntimeException e) {
            devices.close();
            throw e;
        }
    }

    /** Puts devices and console of a saved machine on a VM that was restored. */
    Chassis(VirtualMachine vm, SavedMachine saved, Supplier<Catalogue> catalogue, List<PciOffer> buses,
            Oversight oversight, Requests requests) {
        this.vm = vm;
        this.catalogue = catalogue;
        this.layout = new MemoryLayout(saved.description().memoryBytes());
        this.deterministic = saved.description().deterministic();
        this.plan = () -> saved.description().image().map(image -> Loaders
                .plan(ImageFiles.request(image, layout, Firmware.rsdp(saved.description()))));
        devices = new Devices(new Board(vm, layout, requests, oversight, deterministic));
        firmware = new Firmware(vm, saved.description(), layout, devices);
        try {
            console.restore(saved.console());
            vm.ioRequests().inlineDefault(DEFAULT_CLIENT, devices::unclaimed);
            devices.restore(saved.devices(), saved.bus(), catalogue.get(), buses,
                    (device, offer) -> backing(device.backend(), offer, FileBacking::appending));
        } catch (RuntimeException | Error e) {
            devices.close();
            throw e;
        }
    }

    private void load(Optional<LoadPlan> image) {
        image.ifPresent(this::load);
    }

    private void load(LoadPlan image) {
        firmware.write(image);
        image.write(vm.memory());
        vm.setRegisters(0, image.registers());
    }

    /** Adds a device to a machine that is there: checked as when the machine is made. */
    void plugChecked(DeviceDescription device) {
        var faults = Faults.ofDescription();
        new DescriptionCheck(catalogue.get(), faults).checkAdded(device, layout, devices.places());
        faults.throwIfAny("plug");
        plug(device);
    }

    private void plug(DeviceDescription device) {
        DeviceOffer offer = catalogue.get().find(device.type(), device.model(), -1);
        Backing backing = backing(device.backend(), offer, FileBacking::new);
        try {
            devices.plug(device, offer, backing);
        } catch (RuntimeException e) {
            backing.close(); // a disk that stays open stays locked
            throw e;
        }
    }

    private Backing backing(String backend, DeviceOffer offer, Function<Path, Backing> file) {
        if (offer.spec().backend() == DeviceSpec.Backend.DISK) {
            return disk(backend);
        }
        if (offer.spec().backend() == DeviceSpec.Backend.NETWORK) {
            return wire(backend);
        }
        if (backend.startsWith("file:")) {
            return file.apply(Path.of(backend.substring(5)));
        }
        return switch (backend) {
            case "console" -> console;
            case "", "null" -> new NullBacking();
            default -> throw new HsmException(Errno.EINVAL, "device",
                    "the back-end '" + backend + "' is none; write console, null or file:PATH");
        };
    }

    private Wire wire(String backend) {
        if (backend.isEmpty() || backend.equals("null")) {
            return Wire.unplugged();
        }
        if (deterministic) {
            throw new HsmException(Errno.EINVAL, "device",
                    "a deterministic machine can have no network: write null as the card's back-end");
        }
        return new UserNetwork(Rules.of(backend));
    }

    private DiskFile disk(String backend) {
        boolean readOnly = backend.startsWith("readonly:");
        if (!readOnly && !backend.startsWith("file:")) {
            throw new HsmException(Errno.EINVAL, "device",
                    "the back-end '" + backend + "' is no disk; write file:PATH or readonly:PATH");
        }
        return new DiskFile(Path.of(backend.substring(backend.indexOf(':') + 1)), readOnly, deterministic);
    }

    VirtualMachine vm() {
        return vm;
    }

    Devices devices() {
        return devices;
    }

    Console console() {
        return console;
    }

    /** {@return what keeps it from being saved} */
    List<String> saveObstacles() {
        return Stream.of(vm.snapshot().obstacles(), devices.saveObstacles(), ForeignClients.of(vm, devices.list()))
                .flatMap(List::stream).toList();
    }

    /**
     * Saves it while it is paused.
     *
     * @param undisturbed
     *            fails when something was asked for that would be lost
     */
    void save(MachineDescription description, String reason, Path file, Runnable undisturbed) {
        vm.snapshot().take(still -> devices.whileStill((saved, bus) -> {
            undisturbed.run();
            var machine = new SavedMachine(description, reason, saved, bus, console.save(), still.states());
            SnapshotWriter.write(file, machine.toStates(), still.backings());
        }));
    }

    /**
     * {@return what a reset loads}
     *
     * @throws HsmException
     *             as when the machine was made: the image of a restored one may be gone
     */
    Optional<LoadPlan> image() {
        return plan.get();
    }

    /** Between pause and start: everything as after power-on, and the image loaded again. */
    void reset(Optional<LoadPlan> image) {
        vm.ioRequests().clear();
        devices.reset();
        vm.reset();
        devices.tellLines();
        load(image);
    }

    void close() {
        try {
            devices.close();
        } finally {
            vm.close();
        }
    }
}
