/** What tests of the command line need of a pool. */
package dev.muster.client.pool;
