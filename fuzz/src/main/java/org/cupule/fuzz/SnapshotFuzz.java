package org.cupule.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.BenchSim;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;
import org.cupule.machine.pc.BenchMachines;
import org.cupule.types.HsmException;

/**
 * Snapshots: a good one with changes, or any bytes, both with the checksum that belongs to them. Restored, started and
 * closed, or refused with a sentence; and no VM is left.
 */
public final class SnapshotFuzz {
    private static final int TRAILER_HEAD_BYTES = 2;
    private static final int DIGEST_BYTES = 32;
    private static final int TRAILER_BYTES = TRAILER_HEAD_BYTES + DIGEST_BYTES;
    private static final int MAX_CHANGES = 16;
    private static final int MAX_CHANGE_BYTES = 16;
    private static final long RAM_BYTES = 4 << 20;
    /**
     * Of the memory's part: its head and its first offset. The rest is content, where no byte is better than another.
     */
    private static final int MEMORY_HEAD_BYTES = 40;

    private static final RoutingHsm HSM = new RoutingHsm();
    private static final Machines MACHINES = machines();
    private static final Path FILE = file();
    private static final byte[] GOOD = good();
    private static final int STATES = new String(GOOD, StandardCharsets.ISO_8859_1).indexOf("fmemory")
            + MEMORY_HEAD_BYTES;

    private SnapshotFuzz() {
    }

    private static Machines machines() {
        HSM.bind(BenchSim.hypervisor(), Map.of());
        return BenchMachines.of(HSM, 1);
    }

    private static Path file() {
        try {
            Path file = Files.createTempFile("cupule-fuzz", ".snapshot");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] good() {
        try {
            var image = new Image(Optional.empty(), "swapcount", "auto", 0, "", List.of());
            MachineDescription pc = MACHINES.standard("fuzz");
            var uart = pc.devices().stream().filter(device -> device.type().equals("uart16550")).toList();
            try (Machine machine = MACHINES.create(new MachineDescription("fuzz", "", RAM_BYTES, 1, Optional.of(image),
                    uart, Map.of(), pc.behaviour(), false, false))) {
                machine.start();
                machine.pause();
                machine.save(FILE);
            }
            byte[] whole = Files.readAllBytes(FILE);
            return Arrays.copyOf(whole, whole.length - TRAILER_BYTES);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Does nothing but that this class is made: that takes its time, and is none of the first input's. */
    public static void fuzzerInitialize() {
        // The static fields are there.
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
        byte[] content = data.consumeBoolean() ? changed(data) : data.consumeRemainingAsBytes();
        Files.write(FILE, withChecksum(content));
        try (Machine machine = MACHINES.restore(FILE)) {
            machine.start();
        } catch (HsmException refused) {
            Refusal.check(refused);
        }
        if (!HSM.machines().isEmpty() || !MACHINES.machines().isEmpty()) {
            throw new AssertionError("a machine is left: " + HSM.machines());
        }
    }

    private static byte[] changed(FuzzedDataProvider data) {
        byte[] content = GOOD.clone();
        for (int i = 0; i < MAX_CHANGES && data.remainingBytes() > 0; i++) {
            int at = data.consumeInt(0, STATES - 1);
            byte[] bytes = data.consumeBytes(data.consumeInt(1, MAX_CHANGE_BYTES));
            System.arraycopy(bytes, 0, content, at, Math.min(bytes.length, STATES - at));
        }
        return content;
    }

    private static byte[] withChecksum(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            byte[] whole = Arrays.copyOf(content, content.length + TRAILER_BYTES);
            whole[content.length] = 0x58;
            whole[content.length + 1] = DIGEST_BYTES;
            System.arraycopy(digest, 0, whole, content.length + TRAILER_HEAD_BYTES, DIGEST_BYTES);
            return whole;
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
