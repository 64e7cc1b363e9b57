package org.cupule.fuzz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.cupule.abi.AcrnMmiodev;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnPcidev;
import org.cupule.abi.AcrnPtdevIrq;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVdev;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.HypercallId;
import org.cupule.abi.HypercallMemoryBatch;
import org.cupule.abi.HypercallMemoryRegion;
import org.cupule.tck.hsm.ScriptedDevices;

/**
 * Good inputs for the fuzzers to begin with, made anew before each run, so that they are always of the present format.
 *
 * @threading one thread
 */
final class Seeds {
    private static final int VM = 1;
    private static final int CREATION = 1;
    private static final int PAGE_NUMBER = 2;
    private static final int REGISTERS = 3;
    private static final int BATCH = 4;
    private static final int IO_PAGE = 5;
    private static final int REGIONS = 6;
    private static final int OTHER = 7;
    private static final int USER_RAM = 16;
    private static final int USER_RAM_BYTES = 0x10000;
    private static final int GUEST_FUNCTION = 0x28;

    private Seeds() {
    }

    /** {@return the seeds of a target, by their names; none for one whose inputs are all in the corpus} */
    static Map<String, byte[]> of(String target) throws IOException {
        return switch (target) {
            case "HypercallFuzz" -> hypercalls();
            case "SnapshotFuzz" -> snapshots();
            case "DeviceStateFuzz" -> deviceStates();
            default -> Map.of();
        };
    }

    // ---- snapshots

    private static Map<String, byte[]> snapshots() throws IOException {
        var seeds = new LinkedHashMap<String, byte[]>();
        seeds.put("unchanged", new Seed().octet(SnapshotFuzz.CHANGED).toBytes());
        seeds.put("before", whole(SnapshotFuzz.snapshot("swapcount", 1, false, 0)));
        seeds.put("running", whole(SnapshotFuzz.snapshot("swapcount", 1, false, 200)));
        seeds.put("deterministic", whole(SnapshotFuzz.snapshot("swapcount", 1, true, 200)));
        seeds.put("two-processors", whole(SnapshotFuzz.snapshot("swapcount", 2, false, 200)));
        return seeds;
    }

    private static byte[] whole(byte[] snapshot) {
        return new Seed().octet(SnapshotFuzz.WHOLE).bytes(snapshot).toBytes();
    }

    // ---- states of devices

    private static Map<String, byte[]> deviceStates() {
        var seeds = new LinkedHashMap<String, byte[]>();
        for (int model = 0; model < DeviceStateFuzz.MODELS.size(); model++) {
            String name = DeviceStateFuzz.MODELS.get(model).info().name();
            for (int use = 0; use < 4; use++) {
                seeds.put(name + use + "-unchanged", deviceState(model, use, DeviceStateFuzz.BYTES).toBytes());
                seeds.put(name + use + "-whole", deviceState(model, use, DeviceStateFuzz.WHOLE).bytes(DeviceStateFuzz
                        .good(model, use)).toBytes());
            }
            seeds.put(name + "-lacking", deviceState(model, 0, DeviceStateFuzz.VALUES).wide(0).octet(0).toBytes());
        }
        return seeds;
    }

    private static Seed deviceState(int model, int use, int form) {
        return new Seed().octet(model).octet(use).octet(form);
    }

    // ---- hypercalls

    private static Map<String, byte[]> hypercalls() {
        return Map.of("life", life().toBytes(), "interrupts", interrupts().toBytes(), "devices",
                devices().toBytes(), "power", power().toBytes());
    }

    private static Seed structure(Seed seed, int page, long bytes, Consumer<MemorySegment> content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes, Long.BYTES);
            content.accept(memory);
            return seed.octet(HypercallFuzz.STRUCTURE).octet(page).wide((int) bytes)
                    .bytes(memory.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private static Seed call(Seed seed, HypercallId id) {
        return seed.octet(List.of(HypercallId.values()).indexOf(id));
    }

    private static Seed small(Seed seed, int value) {
        return seed.octet(HypercallFuzz.SMALL).octet(value);
    }

    private static Seed place(Seed seed, int page) {
        return seed.octet(HypercallFuzz.PLACE).octet(page);
    }

    private static Seed ofVm(Seed seed, HypercallId id) {
        return small(small(call(seed, id), VM), 0);
    }

    private static Seed ofVm(Seed seed, HypercallId id, int page) {
        return place(small(call(seed, id), VM), page);
    }

    private static Seed created() {
        var seed = new Seed();
        structure(seed, CREATION, AcrnVmCreation.LAYOUT.byteSize(), memory -> {
            var creation = new AcrnVmCreation(memory);
            creation.uuid("user".getBytes(StandardCharsets.US_ASCII));
            creation.cpuAffinity(3);
        });
        return small(place(call(seed, HypercallId.CREATE_VM), CREATION), 0);
    }

    private static Seed withMemory(Seed seed) {
        structure(seed, PAGE_NUMBER, Long.BYTES, memory -> memory
                .set(ValueLayout.JAVA_LONG_UNALIGNED, 0, (long) IO_PAGE * HypercallFuzz.PAGE));
        ofVm(seed, HypercallId.SET_IOREQ_BUFFER, PAGE_NUMBER);
        structure(seed, REGIONS, HypercallMemoryRegion.LAYOUT.byteSize(), memory -> {
            var region = new HypercallMemoryRegion(memory);
            region.type(HypercallMemoryRegion.ADD);
            region.prot(0x47);
            region.serviceGpa((long) USER_RAM * HypercallFuzz.PAGE);
            region.size(USER_RAM_BYTES);
        });
        structure(seed, BATCH, HypercallMemoryBatch.LAYOUT.byteSize(), memory -> {
            var batch = new HypercallMemoryBatch(memory);
            batch.vmid(VM);
            batch.count(1);
            batch.array((long) REGIONS * HypercallFuzz.PAGE);
        });
        return small(place(call(seed, HypercallId.SET_MEMORY_REGIONS), BATCH), 0);
    }

    /** A guest that writes to a port and halts, from its creation to its end. */
    private static Seed life() {
        Seed seed = place(call(new Seed(), HypercallId.GET_API_VERSION), OTHER).octet(HypercallFuzz.SMALL).octet(0);
        small(small(call(seed, HypercallId.SET_CALLBACK_VECTOR), 0x40), 0);
        seed.bytes(created().toBytes());
        withMemory(seed);
        byte[] code = HexFormat.of().parseHex("b041e680f4ebfa"); // mov al, 0x41; out 0x80, al; hlt; back to the mov
        structure(seed, USER_RAM, code.length, memory -> memory.copyFrom(MemorySegment.ofArray(code)));
        structure(seed, REGISTERS, AcrnVcpuRegs.LAYOUT.byteSize(), memory -> {
            var registers = new AcrnVcpuRegs(memory).regs();
            registers.cr0(0x30);
            registers.csLimit(0xFFFF);
            registers.csAr(0x9B);
        });
        ofVm(seed, HypercallId.SET_VCPU_REGS, REGISTERS);
        ofVm(seed, HypercallId.CREATE_VCPU);
        ofVm(seed, HypercallId.START_VM);
        ofVm(seed, HypercallId.NOTIFY_REQUEST_FINISH);
        ofVm(seed, HypercallId.PAUSE_VM);
        ofVm(seed, HypercallId.RESET_VM);
        ofVm(seed, HypercallId.START_VM);
        ofVm(seed, HypercallId.PAUSE_VM);
        return ofVm(seed, HypercallId.DESTROY_VM);
    }

    private static Seed interrupts() {
        Seed seed = created();
        structure(seed, OTHER, AcrnMsiEntry.LAYOUT.byteSize(), memory -> {
            var message = new AcrnMsiEntry(memory);
            message.address(0xFEE0_0000L);
            message.data(0x41);
        });
        ofVm(seed, HypercallId.INJECT_MSI, OTHER);
        small(call(seed, HypercallId.SET_IRQLINE), VM).octet(HypercallFuzz.WHOLE).number(2L << 32 | 5);
        structure(seed, OTHER, Long.BYTES, memory -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, Integer.BYTES, 48));
        return ofVm(seed, HypercallId.VM_INTR_MONITOR, OTHER);
    }

    private static Seed power() {
        Seed seed = created();
        for (int command = 0; command < 5; command++) {
            call(seed, HypercallId.PM_GET_CPU_STATE).octet(HypercallFuzz.WHOLE).number(VM << 24 | command);
            place(seed, OTHER);
        }
        return seed;
    }

    private static Seed devices() {
        Seed seed = created();
        structure(seed, OTHER, AcrnVdev.LAYOUT.byteSize(), memory -> {
            var device = new AcrnVdev(memory);
            device.vendor(0x9710);
            device.device(0x9900);
            device.slot(0x38);
        });
        ofVm(seed, HypercallId.CREATE_VDEV, OTHER);
        structure(seed, REGISTERS, AcrnPcidev.LAYOUT.byteSize(), memory -> {
            var device = new AcrnPcidev(memory);
            device.virtBdf(GUEST_FUNCTION);
            device.physBdf(ScriptedDevices.OTHER.packed());
        });
        ofVm(seed, HypercallId.ASSIGN_PCIDEV, REGISTERS);
        structure(seed, BATCH, AcrnPtdevIrq.LAYOUT.byteSize(), memory -> {
            var line = new AcrnPtdevIrq(memory);
            line.virtBdf(GUEST_FUNCTION);
            line.physBdf(ScriptedDevices.OTHER.packed());
            line.virtPin(20);
            line.physPin(ScriptedDevices.PIN);
        });
        ofVm(seed, HypercallId.SET_PTDEV_INTR, BATCH);
        structure(seed, REGIONS, AcrnMmiodev.LAYOUT.byteSize(), Seeds::memoryDevice);
        ofVm(seed, HypercallId.ASSIGN_MMIODEV, REGIONS);
        ofVm(seed, HypercallId.DEASSIGN_MMIODEV, REGIONS);
        ofVm(seed, HypercallId.RESET_PTDEV_INTR, BATCH);
        ofVm(seed, HypercallId.DEASSIGN_PCIDEV, REGISTERS);
        return ofVm(seed, HypercallId.DESTROY_VDEV, OTHER);
    }

    private static void memoryDevice(MemorySegment memory) {
        var place = new AcrnMmiodev(memory).res(0);
        place.userVmPa(0xD000_0000L);
        place.serviceVmPa(ScriptedDevices.MEMORY);
        place.size(ScriptedDevices.MEMORY_BYTES);
    }
}
