package org.cupule.fuzz;

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
import java.util.concurrent.TimeUnit;
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
 *
 * <pre>
 *  input    0, then changes to its end; or not 0, then the bytes of a snapshot without its checksum
 *  change   offset (3), length less one (1), so many bytes
 * </pre>
 */
public final class SnapshotFuzz {
    static final int CHANGED = 0;
    static final int WHOLE = 1;

    private static final int AWAIT_SECONDS = 30;
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
            return snapshot("swapcount", 1, false, 0);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * {@return a snapshot, without its checksum, of a machine with a serial port}
     *
     * @param guest
     *            the built-in guest's name
     * @param requests
     *            how many requests it shall have made
     */
    static byte[] snapshot(String guest, int cpus, boolean deterministic, long requests) throws IOException {
        var image = new Image(Optional.empty(), guest, "auto", 0, "", List.of());
        MachineDescription pc = MACHINES.standard("fuzz");
        var uart = pc.devices().stream().filter(device -> device.type().equals("uart16550")).toList();
        try (Machine machine = MACHINES.create(new MachineDescription("fuzz", "", RAM_BYTES, cpus, Optional.of(image),
                uart, Map.of(), pc.behaviour(), deterministic, false))) {
            machine.start();
            await(machine, requests);
            machine.pause();
            machine.save(FILE);
        }
        byte[] whole = Files.readAllBytes(FILE);
        return Arrays.copyOf(whole, whole.length - TRAILER_BYTES);
    }

    private static void await(Machine machine, long requests) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(AWAIT_SECONDS);
        while (machine.vm().ioRequests().counters().completed() < requests && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
    }

    /** Does nothing but that this class is made: that takes its time, and is none of the first input's. */
    public static void fuzzerInitialize() {
        // The static fields are there.
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(byte[] data) {
        restores(data);
    }

    /** Tries one input. @return whether it was restored */
    static boolean restores(byte[] data) {
        var input = new Input(data);
        byte[] content = input.octet() == CHANGED ? changed(input) : input.rest();
        write(withChecksum(content));
        boolean restored = restored();
        if (!HSM.machines().isEmpty() || !MACHINES.machines().isEmpty()) {
            throw new AssertionError("a machine is left: " + HSM.machines());
        }
        return restored;
    }

    private static void write(byte[] content) {
        try {
            Files.write(FILE, content);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean restored() {
        try (Machine machine = MACHINES.restore(FILE)) {
            machine.start();
            return true;
        } catch (HsmException refused) {
            Refusal.check(refused);
            return false;
        }
    }

    private static byte[] changed(Input input) {
        byte[] content = GOOD.clone();
        for (int i = 0; i < MAX_CHANGES && input.more(); i++) {
            int at = (input.octet() | input.octet() << 8 | input.octet() << 16) % STATES;
            byte[] bytes = input.bytes(input.below(MAX_CHANGE_BYTES) + 1);
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
