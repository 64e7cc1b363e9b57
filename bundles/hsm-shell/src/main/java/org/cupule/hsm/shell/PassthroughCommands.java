package org.cupule.hsm.shell;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.AssignedDevice;
import org.cupule.hypervisor.HostDevice;
import org.cupule.hypervisor.InterruptRemap;
import org.cupule.hypervisor.MmioAssignment;
import org.cupule.hypervisor.MmioAssignment.Resource;
import org.cupule.hypervisor.PciAssignment;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.types.Bdf;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Commands for devices of the host and of the hypervisor in VMs. What they change needs a VM that is created and not
 * started, or for giving back a paused one.
 *
 * @threading any thread
 */
@Component(service = PassthroughCommands.class, property = {"osgi.command.scope=hsm",
        "osgi.command.function=passthrough", "osgi.command.function=hostdevices", "osgi.command.function=assign",
        "osgi.command.function=deassign", "osgi.command.function=intx", "osgi.command.function=assignmmio",
        "osgi.command.function=deassignmmio", "osgi.command.function=vdev"})
public final class PassthroughCommands {
    private static final int MEMORY_REGION = 2;

    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public PassthroughCommands(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Lists what a VM has. */
    @Descriptor("lists the devices that a VM has from the host and from the hypervisor")
    public Table passthrough(@Descriptor("number or machine name") String vm) {
        var table = new Table("KIND", "DEVICE", "GUEST", "HOST", "INTERRUPT");
        for (AssignedDevice device : platform.vm(vm).passthrough().devices()) {
            table.row(device.kind(), device.name(), device.guest(), dash(device.host()), dash(device.interrupt()));
        }
        return table;
    }

    private static String dash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    /** Lists what the host has. */
    @Descriptor("lists the devices of the host that can be assigned to a VM")
    public Table hostdevices(@Descriptor("number or machine name") String vm) {
        var table = new Table("KIND", "ADDRESS", "DEVICE", "PIN", "VM");
        for (HostDevice device : platform.vm(vm).passthrough().hostDevices()) {
            table.row(device.kind(), device.address(), device.name(), device.pin() < 0 ? "-" : device.pin(),
                    device.vmid() < 0 ? "-" : device.vmid());
        }
        return table;
    }

    /** Assigns a PCI function. */
    @Descriptor("assigns a PCI function of the host to a VM that is not started")
    public String assign(
            @Descriptor("interrupt pin that the guest sees: 1 to 4, 0 none") @Parameter(names = {"-p",
                    "--pin"}, absentValue = "1") int pin,
            @Descriptor("leaves most of configuration space to the device model") @Parameter(names = {"-q",
                    "--quirk"}, absentValue = "false", presentValue = "true") boolean quirk,
            @Descriptor("number or machine name") String vm,
            @Descriptor("its address in the host: 00:03.0") String host,
            @Descriptor("its address in the guest: 00:05.0") String guest) {
        platform.vm(vm).passthrough().assign(new PciAssignment(quirk ? PciAssignment.QUIRK : 0, Bdf.parse(guest),
                Bdf.parse(host), 0, pin, List.of(0, 0, 0, 0, 0, 0)));
        return "the host's %s is %s in %s; hsm:intx leads its line to the guest".formatted(host, guest, vm);
    }

    /** Takes a PCI function back. */
    @Descriptor("takes a PCI function back from a VM that is not running")
    public void deassign(@Descriptor("number or machine name") String vm,
            @Descriptor("its address in the guest: 00:05.0") String guest) {
        VirtualMachine found = platform.vm(vm);
        found.passthrough().deassign(PciAssignment.of(Bdf.parse(guest), hostOf(found, guest), 0));
    }

    private static Bdf hostOf(VirtualMachine vm, String guest) {
        String address = Bdf.parse(guest).toString();
        List<AssignedDevice> functions = vm.passthrough().devices().stream()
                .filter(device -> device.kind().equals("pci")).toList();
        return functions.stream().filter(device -> device.guest().equals(address))
                .map(device -> Bdf.parse(device.host())).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENODEV, "passthrough",
                        "nothing of the host is at %s; there %s"
                                .formatted(address, functions.isEmpty()
                                        ? "is nothing at all"
                                        : "is " + functions.stream().map(AssignedDevice::guest)
                                                .collect(Collectors.joining(", ")))));
    }

    /** Leads a line to the guest. */
    @Descriptor("leads the INTx line of an assigned function to a line of the guest, or ends that with -d")
    public void intx(
            @Descriptor("ends it instead") @Parameter(names = {"-d",
                    "--delete"}, absentValue = "false", presentValue = "true") boolean delete,
            @Descriptor("the guest's line is an input of its 8259 pair, not a GSI") @Parameter(names = {"-8",
                    "--pic"}, absentValue = "false", presentValue = "true") boolean pic,
            @Descriptor("number or machine name") String vm,
            @Descriptor("the function's address in the guest: 00:05.0") String guest,
            @Descriptor("GSI 0 to 47, or input 0 to 15") int pin) {
        VirtualMachine found = platform.vm(vm);
        Bdf host = hostOf(found, guest);
        int hostPin = found.passthrough().hostDevices().stream()
                .filter(device -> device.address().equals(host.toString())).mapToInt(HostDevice::pin).findFirst()
                .orElse(-1);
        var remap = new InterruptRemap(InterruptRemap.INTX, Bdf.parse(guest), host, pin, hostPin, pic);
        if (delete) {
            found.passthrough().resetInterrupt(remap);
        } else {
            found.passthrough().setInterrupt(remap);
        }
    }

    /** Assigns a memory device. */
    @Descriptor("moves a part of a memory device of the host into a VM that is not started")
    public void assignmmio(@Descriptor("number or machine name") String vm,
            @Descriptor("where it is in the host: 0xfed40000") String host,
            @Descriptor("where the guest sees it") String guest, @Descriptor("bytes, whole pages") String length) {
        platform.vm(vm).passthrough().assign(memory(host, guest, length));
    }

    /** Takes a memory device back. */
    @Descriptor("takes a part of a memory device back from a VM that is not running")
    public void deassignmmio(@Descriptor("number or machine name") String vm,
            @Descriptor("where it is in the host: 0xfed40000") String host,
            @Descriptor("where the guest sees it") String guest, @Descriptor("bytes, whole pages") String length) {
        platform.vm(vm).passthrough().deassign(memory(host, guest, length));
    }

    private static MmioAssignment memory(String host, String guest, String length) {
        return new MmioAssignment("shell", List.of(new Resource(InspectCommands.number(guest),
                InspectCommands.number(host), InspectCommands.number(length), 0)));
    }

    /** Makes or removes a virtual device. */
    @Descriptor("makes a device of the hypervisor in a VM that is not started, or removes it with -d")
    public void vdev(
            @Descriptor("removes it instead, from a VM that is not running") @Parameter(names = {"-d",
                    "--delete"}, absentValue = "false", presentValue = "true") boolean delete,
            @Descriptor("what it needs: the name of a shared memory") @Parameter(names = {"-a",
                    "--argument"}, absentValue = "") String argument,
            @Descriptor("size of the shared memory: 64K") @Parameter(names = {"-s",
                    "--size"}, absentValue = "0") String size,
            @Descriptor("number or machine name") String vm,
            @Descriptor("1af4:1110 shared memory, 9710:9900 serial, 8086:9d14 root port") String id,
            @Descriptor("its address in the guest: 00:07.0") String guest) {
        var sizes = new java.util.ArrayList<>(List.of(0, 0, 0, 0, 0, 0));
        sizes.set(MEMORY_REGION, Math.toIntExact(VmCommands.bytes(size)));
        int[] ids = ids(id);
        VirtualDevice device = VirtualDevice.of(ids[0], ids[1], Bdf.parse(guest).packed(), argument).sized(sizes);
        if (delete) {
            platform.vm(vm).passthrough().destroy(device);
        } else {
            platform.vm(vm).passthrough().create(device);
        }
    }

    private static int[] ids(String id) {
        if (!id.matches("[0-9a-fA-F]{4}:[0-9a-fA-F]{4}")) {
            throw new HsmException(Errno.EINVAL, "vdev", "'" + id + "' is not of the form 1af4:1110");
        }
        return new int[]{Integer.parseInt(id.substring(0, 4), 16), Integer.parseInt(id.substring(5), 16)};
    }
}
