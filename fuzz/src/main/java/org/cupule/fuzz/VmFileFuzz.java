package org.cupule.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.machine.Machines;
import org.cupule.machine.pc.BenchMachines;
import org.cupule.types.HsmException;

/** VM files: a description, or sentences that name the faults. */
public final class VmFileFuzz {
    private static final Machines MACHINES = BenchMachines.of(new RoutingHsm(), 1);
    private static final Path FILE = file();

    private VmFileFuzz() {
    }

    private static Path file() {
        try {
            Path file = Files.createTempFile("cupule-fuzz", ".json");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Files.write(FILE, data);
        try {
            MACHINES.read(FILE);
        } catch (HsmException refused) {
            Refusal.check(refused);
        }
    }
}
