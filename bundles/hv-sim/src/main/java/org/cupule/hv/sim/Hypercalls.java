package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.IntStream;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnRegs;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.HypercallApiVersion;
import org.cupule.abi.HypercallId;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.Register;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.VcpuState;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hypercalls of a Service VM's guest ({@code hsm.md} 3): registers and structures in, the same calls as the Java
 * HSM makes, a number out.
 *
 * <pre>
 *  R8 (32 bits)  the id; its low 8 bits say which one
 *  RDI, RSI      arguments; structures by guest physical address
 *  RAX           0 or more, or a negative error number: 32 bits, sign-extended
 * </pre>
 *
 * @threading any vCPU of the Service VM, several at once
 */
final class Hypercalls {
    private static final Logger LOG = LoggerFactory.getLogger(Hypercalls.class);
    private static final int INDEX = 0xFF;
    private static final int PREFIX = 0x80 << 24;
    private static final int VMID = 0xFFFF;
    private static final int API_MAJOR = 1;
    private static final int LOWEST_VECTOR = 0x20;
    private static final int GENERAL = 16;
    private static final int SELECTORS = 8;

    private final SimPartition vm;
    private final ServiceVm service;

    Hypercalls(SimPartition vm, ServiceVm service) {
        this.vm = vm;
        this.service = service;
    }

    /** Carries out what the registers ask for. @return what goes to RAX */
    long call(Cpu cpu) {
        int id = (int) cpu.register(Register.R8);
        try {
            return call(id, cpu.register(Register.RDI), cpu.register(Register.RSI));
        } catch (HsmException e) {
            LOG.debug("{}: hypercall 0x{}: {}", vm.name(), Integer.toHexString(id), e.getMessage());
            return -(e.errno() == Errno.EOPNOTSUPP ? Errno.ENOTTY : e.errno()).number();
        }
    }

    /** The target of those that have one is looked for by the whole id, so a wrong prefix finds none (3.5). */
    private int call(int number, long first, long second) {
        Optional<HypercallId> id = HypercallId.of(PREFIX | number & INDEX);
        if (id.isEmpty()) {
            throw unknown(number);
        }
        return switch (id.get()) {
            case GET_API_VERSION -> version(first);
            case OFFLINE_SERVICE_VM_CPU -> vm.offline((int) first);
            case SET_CALLBACK_VECTOR -> vector(first);
            case CREATE_VM -> create(first);
            case SET_MEMORY_REGIONS -> setRegions(first);
            case PM_GET_CPU_STATE ->
                new PowerCalls(service, memory(), vm.hypervisor().power()).call((int) first, second);
            default -> {
                if (id.get().number() != number) {
                    throw unknown(number);
                }
                yield targeted(id.get(), (int) first & VMID, second);
            }
        };
    }

    private static HsmException unknown(int number) {
        return new HsmException(Errno.ENOTTY, "hypercall", "0x%x is no hypercall for a Service VM".formatted(number));
    }

    private int targeted(HypercallId id, int vmid, long argument) {
        SimPartition target = service.find(vmid);
        if (DeviceCalls.has(id)) {
            new DeviceCalls(memory(), target.deviceAssignment()).call(id, argument);
            return 0;
        }
        switch (id) {
            case START_VM -> target.start();
            case PAUSE_VM -> target.pause();
            case RESET_VM -> target.reset();
            case DESTROY_VM -> service.destroy(vmid);
            case CREATE_VCPU -> {
                // They come with the VM.
            }
            case SET_VCPU_REGS -> setRegisters(target, argument);
            case INJECT_MSI -> injectMsi(target, argument);
            case VM_INTR_MONITOR -> target.interruptMonitor().monitor(monitorPage(argument));
            case SET_IRQLINE -> target.setIrqLine((int) argument, (int) (argument >>> 32));
            case SET_IOREQ_BUFFER -> setRequestPage(target, argument);
            case NOTIFY_REQUEST_FINISH -> target.finish((int) argument & VMID);
            default -> throw unknown(id.number());
        }
        return 0;
    }

    private ServiceMemory memory() {
        return new ServiceMemory(vm.memory);
    }

    private int version(long gpa) {
        var version = new HypercallApiVersion(empty(HypercallApiVersion.LAYOUT.byteSize()));
        version.major(API_MAJOR);
        memory().write(gpa, version.memory());
        return 0;
    }

    private static MemorySegment empty(long lengthBytes) {
        return MemorySegment.ofArray(new byte[(int) lengthBytes]);
    }

    private int vector(long wanted) {
        if (wanted < LOWEST_VECTOR || wanted > INDEX) {
            throw new HsmException(Errno.EINVAL, "set callback vector", "0x%x is not 0x20 to 0xff".formatted(wanted));
        }
        service.vector((int) wanted);
        return 0;
    }

    /** The VM obeys ACRN's rules, since it is ACRN's interface that its manager knows. */
    private int create(long gpa) {
        ServiceMemory memory = memory();
        var wish = new AcrnVmCreation(memory.read(gpa, AcrnVmCreation.LAYOUT.byteSize()));
        memory.write(gpa, wish.memory());
        int id = service.create(new PartitionCreation(name(wish.uuid()), wish.cpuAffinity(),
                wish.vmFlag() & PartitionCreation.WISHES, Behaviour.ACRN, vm.deterministic(), false, vm.models()));
        wish.vmid(id);
        wish.vcpuNum(service.find(id).vcpuCount());
        memory.write(gpa, wish.memory());
        return 0;
    }

    /** {@return the text before the first zero; it goes into logs, so only what can be printed} */
    private static String name(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = text.indexOf(0);
        return (end < 0 ? text : text.substring(0, end)).replaceAll("[^ -~]", "?");
    }

    private int setRegions(long gpa) {
        new MemoryBatch(service, memory()).apply(gpa);
        return 0;
    }

    private MemorySegment monitorPage(long gpa) {
        MemorySegment page = memory().page(gpa);
        if (page == null) {
            throw new HsmException(Errno.EINVAL, "interrupt monitor",
                    "0x%x is no page that the Service VM can write".formatted(gpa));
        }
        return page;
    }

    private void setRequestPage(SimPartition target, long gpaOfNumber) {
        target.setIoRequestPage(MemoryBatch.requestPage(memory(), gpaOfNumber));
    }

    private void setRegisters(SimPartition target, long gpa) {
        var wish = new AcrnVcpuRegs(memory().read(gpa, AcrnVcpuRegs.LAYOUT.byteSize()));
        AcrnRegs from = wish.regs();
        target.setRegisters(wish.vcpuId(), new VcpuState(
                IntStream.range(0, GENERAL).mapToLong(from.gprs()::register).toArray(), from.rip(), from.rflags(),
                from.cr0(), from.cr3(), from.cr4(), from.efer(), from.csBase(), from.csLimit(), from.csAr(),
                IntStream.range(0, SELECTORS).map(from::selector).toArray(), from.gdt().base(), from.gdt().limit(),
                from.idt().base(), from.idt().limit()));
    }

    private void injectMsi(SimPartition target, long gpa) {
        var msi = new AcrnMsiEntry(memory().read(gpa, AcrnMsiEntry.LAYOUT.byteSize()));
        target.injectMsi(new Msi(msi.address(), msi.data()));
    }
}
