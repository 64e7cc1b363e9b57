package org.cupule.machine.loader;

import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The formats of images.
 *
 * @threading immutable
 */
public final class Loaders {
    /** In the order in which {@code auto} asks them. */
    private static final List<Loader> ALL = List.of(new MultibootLoader(), new PvhLoader(), new ElfLoader(),
            new LinuxLoader(),
            new RomLoader(), new FlatLoader());

    /** The names of the formats. */
    public static final List<String> FORMATS = ALL.stream().map(Loader::format).toList();

    private Loaders() {
    }

    /** {@return whether an image says itself what it is: by one of the formats, or as a boot sector} */
    public static boolean known(byte[] bytes) {
        var image = new ImageBytes("image", bytes);
        return FlatLoader.isBootSector(image)
                || ALL.stream().anyMatch(loader -> !(loader instanceof FlatLoader) && loader.recognises(image));
    }

    /**
     * Lays an image out.
     *
     * @throws HsmException
     *             EINVAL with one sentence for an image that is bad, too large for the machine, or of no known format
     */
    public static LoadPlan plan(BootRequest request) {
        var image = new ImageBytes(request.name(), request.image());
        return ALL.stream()
                .filter(loader -> request.format().equals("auto")
                        ? loader.recognises(image)
                        : loader.format().equals(request.format()))
                .findFirst().orElseThrow(() -> new HsmException(Errno.EINVAL, "image",
                        "there is no format '" + request.format() + "'; there are: auto, "
                                + String.join(", ", FORMATS)))
                .plan(image, request);
    }
}
