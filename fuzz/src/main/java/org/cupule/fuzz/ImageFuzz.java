package org.cupule.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.util.List;
import org.cupule.machine.loader.BootRequest;
import org.cupule.machine.loader.Loaders;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.types.HsmException;

/** Images of all formats, with a command line and a module: a plan, or one sentence. */
public final class ImageFuzz {
    private static final MemoryLayout LAYOUT = new MemoryLayout(16 << 20);
    private static final int MAX_LINE = 512;
    private static final int MAX_MODULE = 4096;

    private ImageFuzz() {
    }

    /** Tries one input. */
    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        String format = data.pickValue(List.of("auto", "multiboot", "pvh", "elf", "linux", "rom", "flat"));
        long address = data.consumeBoolean() ? data.consumeLong() : 0;
        String line = data.consumeAsciiString(MAX_LINE);
        var modules = data.consumeBoolean()
                ? List.of(new BootRequest.Module("module", data.consumeBytes(MAX_MODULE)))
                : List.<BootRequest.Module>of();
        try {
            Loaders.plan(
                    new BootRequest("image", data.consumeRemainingAsBytes(), format, address, line, modules, LAYOUT));
        } catch (HsmException refused) {
            Refusal.check(refused);
        }
    }
}
