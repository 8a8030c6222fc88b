package dev.muster.common.tls;

import dev.muster.common.InvalidInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/** Reads and writes certificates and private keys as PEM files. */
final class PemFiles {
  private static final Set<OpenOption> CREATE =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  private PemFiles() {}

  static List<X509Certificate> readCertificates(Path file) {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Object object : read(file, "certificate")) {
      if (object instanceof X509CertificateHolder holder) {
        try {
          certificates.add(new JcaX509CertificateConverter().getCertificate(holder));
        } catch (CertificateException e) {
          throw corrupt(file, "certificate", e);
        }
      }
    }
    if (certificates.isEmpty()) {
      throw new InvalidInputException(
          "TLS certificate file " + file + " holds no PEM block CERTIFICATE");
    }
    return certificates;
  }

  static PrivateKey readPrivateKey(Path file) {
    for (Object object : read(file, "private key")) {
      try {
        if (object instanceof PrivateKeyInfo info) {
          return new JcaPEMKeyConverter().getPrivateKey(info);
        }
        if (object instanceof PEMKeyPair pair) {
          return new JcaPEMKeyConverter().getKeyPair(pair).getPrivate();
        }
      } catch (PEMException e) {
        throw corrupt(file, "private key", e);
      }
    }
    throw new InvalidInputException(
        "TLS private key file " + file + " holds no PEM block PRIVATE KEY without a password");
  }

  private static List<Object> read(Path file, String what) {
    List<Object> objects = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.US_ASCII);
        PEMParser parser = new PEMParser(reader)) {
      for (Object next = parser.readObject(); next != null; next = parser.readObject()) {
        objects.add(next);
      }
    } catch (NoSuchFileException e) {
      throw new InvalidInputException("TLS " + what + " file " + file + " does not exist", e);
    } catch (IOException | RuntimeException e) { // the parser throws both on garbage
      throw corrupt(file, what, e);
    }
    return objects;
  }

  private static InvalidInputException corrupt(Path file, String what, Exception cause) {
    return new InvalidInputException(
        "TLS " + what + " file " + file + " cannot be read as PEM: " + cause.getMessage(), cause);
  }

  static void writePrivate(Path file, PrivateKey key) throws IOException {
    boolean posix =
        Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix");
    write(
        file,
        new PemObject("PRIVATE KEY", key.getEncoded()),
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0]);
  }

  static void write(Path file, X509Certificate certificate) throws IOException {
    try {
      write(file, new PemObject("CERTIFICATE", certificate.getEncoded()), new FileAttribute<?>[0]);
    } catch (CertificateException e) {
      throw new IOException(e);
    }
  }

  /** Under another name first, forced to disk, then renamed: the file is whole or not there. */
  private static void write(Path file, PemObject content, FileAttribute<?>[] attributes)
      throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter pem = new PemWriter(text)) {
      pem.writeObject(content);
    }
    Path unfinished = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    try (FileChannel channel = FileChannel.open(unfinished, CREATE, attributes)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
