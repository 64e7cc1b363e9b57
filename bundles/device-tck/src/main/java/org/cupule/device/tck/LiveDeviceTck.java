package org.cupule.device.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.conformance.DeviceTck;
import org.cupule.device.DeviceFactory;
import org.cupule.tck.check.DeviceChecks;
import org.cupule.tck.check.Examination;
import org.cupule.tck.check.PlugInCode;
import org.cupule.tck.check.Subject;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Examines the device factories that are registered now. The classes of a plug-in are read from its bundle.
 *
 * @threading any thread
 */
@Component
public final class LiveDeviceTck implements DeviceTck {
    private final List<Offered> offered = new CopyOnWriteArrayList<>();
    private final BundleContext context;

    private record Offered(DeviceFactory factory, long bundle) {
    }

    /** Made by the component runtime. */
    @Activate
    public LiveDeviceTck(BundleContext context) {
        this.context = context;
    }

    /** A plug-in offers devices. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindDeviceFactory(DeviceFactory factory, Map<String, Object> properties) {
        offered.add(new Offered(factory, properties.get(Constants.SERVICE_BUNDLEID) instanceof Long id ? id : -1));
    }

    /** It takes them back. */
    void unbindDeviceFactory(DeviceFactory factory) {
        offered.removeIf(known -> known.factory() == factory);
    }

    @Override
    public List<Check> checks() {
        return DeviceChecks.all().stream().map(LiveDeviceTck::said).toList();
    }

    private static Check said(org.cupule.tck.check.Check check) {
        return new Check(check.name(), check.reason(), check.hint());
    }

    @Override
    public List<Finding> examine(ModelInfo model, long bundle, List<String> only) {
        Offered found = offered.stream().filter(known -> known.factory().info().equals(model))
                .filter(known -> bundle < 0 || known.bundle() == bundle).findFirst()
                .orElseThrow(() -> new HsmException(Errno.ENODEV, "tck",
                        "no plug-in offers a device '%s' of type '%s' now".formatted(model.id(), model.kind())));
        var examination = new Examination(Subject.of(found.factory()).withCode(code(found.bundle())));
        return (only.isEmpty() ? examination.run() : only.stream().map(examination::run).toList()).stream()
                .map(LiveDeviceTck::said).toList();
    }

    private static Finding said(org.cupule.tck.check.Finding finding) {
        return new Finding(said(finding.check()), Result.valueOf(finding.verdict().result().name()),
                finding.verdict().sentence());
    }

    private PlugInCode code(long id) {
        Bundle bundle = context.getBundle(id);
        return bundle == null ? name -> Optional.empty() : name -> read(bundle.getEntry(name + ".class"));
    }

    private static Optional<byte[]> read(@org.jspecify.annotations.Nullable URL entry) {
        if (entry == null) {
            return Optional.empty();
        }
        try (InputStream in = entry.openStream()) {
            return Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
